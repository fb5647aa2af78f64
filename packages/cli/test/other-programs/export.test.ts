// Exported models are run by the programs that they are for: ONNX Runtime and TensorFlow.js always,
// Keras and PyTorch where a Python has them (KERAS_PYTHON, PYTHON). REQUIRE_KERAS=1 and
// REQUIRE_TORCH=1 make the tests fail without them.
import { type ExportFormat, exportModel, withoutSoftmax } from '@mnist-lab/models/export'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, succeed } from '../support/program.js'
import { runOnnx, runTfjs } from './in-javascript.js'
import { needs, type PythonProgram, runPython } from './in-python.js'
import {
  compare,
  type Known,
  modelsOfEveryChoice,
  probabilitiesOf,
  trainedModels,
} from './known-models.js'

let folder: string
let trained: readonly Known[]
const choices = modelsOfEveryChoice()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-export-'))
  trained = await trainedModels(folder)
})
afterAll(() => rm(folder, { recursive: true }))

/** Exports a run as a user does. */
async function exported(known: Known, to: ExportFormat, ...flags: string[]): Promise<string> {
  const out = join(folder, `${known.name}${flags.join('')}.${to}`)
  await succeed(['export', join(folder, known.name), '--to', to, '--out', out, ...flags])
  return out
}

/** Exports the logits of a model that was not trained. */
async function exportedChoice(at: number, to: ExportFormat): Promise<string> {
  const { spec, weights } = choices[at]!
  const out = join(folder, `choice-${at}.${to}`)
  const files = await exportModel(withoutSoftmax(spec), weights, { to })
  if (files.length > 1) await mkdir(out, { recursive: true })
  for (const { name, bytes } of files)
    await writeFile(files.length > 1 ? join(out, name) : out, bytes)
  return out
}

function expectSame(known: Known, outputs: ArrayLike<number>): void {
  const { otherClasses, largest, scale } = compare(known, outputs)
  if (process.env['SHOW_DIFFERENCES'] === '1')
    process.stderr.write(`${known.name}: ${largest} of logits to ${scale}\n`)
  expect(otherClasses).toBe(0)
  // Programs add in other orders, and the error grows with the numbers that they add.
  expect(largest).toBeLessThan(1e-5 * Math.max(1, scale / 10))
}

const THREE = [0, 1, 2]

describe.each([
  ['ONNX Runtime', 'onnx', runOnnx, (path: string) => path],
  ['TensorFlow.js', 'tfjs', runTfjs, (path: string) => join(path, 'model.json')],
] as const)('%s', (_name, to, runIt, fileOf) => {
  test.each(THREE)('computes the logits of trained model %i', async (at) => {
    const known = trained[at]!
    expectSame(known, await runIt(fileOf(await exported(known, to, '--logits')), known))
  })
  test.each(THREE)('computes the logits of model %i with unusual layers', async (at) => {
    expectSame(choices[at]!, await runIt(fileOf(await exportedChoice(at, to)), choices[at]!))
  })
  test('computes probabilities where the model ends in a softmax', async () => {
    const known = trained[0]!
    const outputs = await runIt(fileOf(await exported(known, to)), known)
    expectSame({ ...known, logits: probabilitiesOf(known) }, outputs)
  })
})

describe.each<[string, ExportFormat, PythonProgram]>([
  ['Keras', 'keras', 'keras'],
  ['PyTorch', 'pytorch', 'torch'],
])('%s', (_name, to, program) => {
  test('computes the same logits and probabilities', async ({ skip }) => {
    await needs(program, skip)
    const [first] = trained
    const all = [...trained, ...choices, { ...first!, logits: probabilitiesOf(first!) }]
    const paths = [
      ...(await Promise.all(trained.map((known) => exported(known, to, '--logits')))),
      ...(await Promise.all(THREE.map((at) => exportedChoice(at, to)))),
      await exported(first!, to),
    ]
    const jobs = paths.map((model, at) => ({ model, known: all[at]! }))
    for (const [at, outputs] of (await runPython(program, jobs)).entries())
      expectSame(all[at]!, outputs)
  })
})

describe('mnist export', () => {
  test('prints the files that it has written, which are the same bytes each time', async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    for (const out of [one, other]) {
      expect(await run(['export', join(folder, 'lenet5'), '--to', 'tfjs', '--out', out])).toEqual({
        code: 0,
        stdout: `${join(out, 'model.json')}\n${join(out, 'group1-shard1of1.bin')}\n`,
        stderr: '',
      })
    }
  })
})
