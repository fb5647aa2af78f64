// Models that other programs have made or saved are imported and run by a backend of ours. Keras
// and PyTorch are needed as in export.test.ts.
import type { Backend } from '@mnist-lab/backends'
import { loadMnist } from '@mnist-lab/data/node'
import { exportModel } from '@mnist-lab/models/export'
import { importModel } from '@mnist-lab/models/import'
import { chooseBackend } from '@mnist-lab/train/node'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, succeed } from '../support/program.js'
import { loadWithTfjs } from './in-javascript.js'
import { floatsIn, makeModels, needs, type PythonProgram, runPython } from './in-python.js'
import { modelsOfEveryChoice, outputsOfRun } from './known-models.js'

const IMAGES = 1000

let folder: string
let pixels: Uint8Array
let backend: Backend
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-import-'))
  const { test } = await loadMnist({ limit: 1 })
  pixels = test.images.subarray(0, IMAGES * 784)
  backend = (await chooseBackend({})).backend
})
afterAll(() => rm(folder, { recursive: true }))

/** Returns the largest difference between the outputs of a model and those of its import. */
async function differenceOf(file: string, ...flags: readonly string[]): Promise<number> {
  const out = join(folder, `run-${basename(file)}`)
  await succeed(['import', file, '--out', out, ...flags])
  const outputs = await outputsOfRun(out, pixels, { backend })
  const expected = await floatsIn(`${file}.outputs`)
  expect(outputs.length).toBe(expected.length)
  const difference = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - outputs[i]!)),
    0,
  )
  if (process.env['SHOW_DIFFERENCES'] === '1')
    process.stderr.write(
      `${basename(file)}: ${difference} of outputs to ${Math.max(...expected)}\n`,
    )
  return difference
}

const made: Readonly<Record<PythonProgram, readonly (readonly [string, ...string[]])[]>> = {
  keras: [['tutorial.keras'], ['convolutional.keras'], ['functional.keras']],
  torch: [
    ['net.pt', '--model', 'lenet5-logits.json'],
    ['net.checkpoint.pt', '--model', 'lenet5-logits.json'],
    ['net.safetensors', '--model', 'lenet5-logits.json'],
    ['net.onnx', '--mean', '0.1307', '--std', '0.3081'],
    ['net.dynamo.onnx', '--mean', '0.1307', '--std', '0.3081'],
    ['example.onnx', '--mean', '0.1307', '--std', '0.3081'],
    ['example.dynamo.onnx', '--mean', '0.1307', '--std', '0.3081'],
  ],
}

describe.each<PythonProgram>(['keras', 'torch'])('models made with %s', (program) => {
  test('have the same outputs after their import', async ({ skip }) => {
    await needs(program, skip)
    await makeModels(
      program,
      folder,
      Float32Array.from(pixels, (byte) => byte / 255),
    )
    const { lenet5 } = await import('@mnist-lab/models')
    const spec = lenet5()
    const logits = { ...spec, layers: spec.layers.slice(0, -1) }
    await writeFile(join(folder, 'lenet5-logits.json'), JSON.stringify(logits))
    for (const [name, ...flags] of made[program]) {
      const paths = flags.map((flag) => (flag.endsWith('.json') ? join(folder, flag) : flag))
      expect(await differenceOf(join(folder, name), ...paths), name).toBeLessThan(1e-5)
    }
  })

  test('that have something else are refused in one line', async ({ skip }) => {
    await needs(program, skip)
    const [file, problem] = {
      keras: [
        'branches.keras',
        /at layer "add": a layer that does not take the output of the layer/,
      ],
      torch: [
        'whole.pt',
        /: a file that calls torch\.nn\.modules\.container\.Sequential cannot be/,
      ],
    }[program] as [string, RegExp]
    const { code, stdout, stderr } = await run(['import', join(folder, file)])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(problem)
    expect(stderr.split('\n').length).toBe(2)
  })
})

describe('a model that we have exported', () => {
  const choices = modelsOfEveryChoice()
  const same = (weights: readonly { readonly name: string; readonly data: Float32Array }[]) =>
    weights.map(({ name, data }) => ({ name, data: Array.from(data) }))

  test.each([0, 1, 2])('comes back from TensorFlow.js, which saves it again: %i', async (at) => {
    const { spec, weights } = choices[at]!
    const files = await exportModel(spec, weights, { to: 'tfjs' })
    for (const { name, bytes } of files) await writeFile(join(folder, name), bytes)
    const model = await loadWithTfjs(join(folder, 'model.json'))
    let saved: Record<string, unknown> = {}
    let data = new ArrayBuffer(0)
    await model.save({
      save: async (artifacts) => {
        const { weightSpecs, weightData, modelTopology } = artifacts
        data = weightData as ArrayBuffer
        saved = { modelTopology, weightsManifest: [{ paths: ['a.bin'], weights: weightSpecs }] }
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
      },
    })
    const json = new TextEncoder().encode(JSON.stringify(saved))
    const imported = await importModel(json, 'model.json', {
      fileBeside: async () => new Uint8Array(data),
    })
    expect(imported.format).toBe('tfjs')
    expect(same(imported.weights)).toEqual(same(weights))
    expect(imported.spec.layers.map(({ type }) => type)).toEqual(
      spec.layers.map(({ type }) => type),
    )
  })

  test('comes back from Keras, which saves it again', async ({ skip }) => {
    await needs('keras', skip)
    const jobs = []
    for (const [at, known] of choices.entries()) {
      const [file] = await exportModel(known.spec, known.weights, { to: 'keras' })
      const model = join(folder, `choice-${at}.keras`)
      await writeFile(model, file!.bytes)
      jobs.push({ model, known, save: join(folder, `again-${at}.keras`) })
    }
    await runPython('keras', jobs)
    for (const { known, save } of jobs) {
      const imported = await importModel(await readFile(save), save)
      expect(same(imported.weights)).toEqual(same(known.weights))
      expect(imported.spec.layers.map(({ type }) => type)).toEqual(
        known.spec.layers.map(({ type }) => type),
      )
    }
  })
})
