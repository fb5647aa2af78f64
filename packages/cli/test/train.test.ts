import { runSchema } from '@mnist-lab/train'
import { readFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let folder: string
let data: string
/** A model with dropout, so that its generator has to be resumed too. */
let model: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-cli-'))
  data = await writeFiles(join(folder, 'data'), await smallMnist(330, 64))
  model = join(folder, 'dropped.json')
  await writeFile(
    model,
    JSON.stringify({
      name: 'dropped',
      inputShape: [28, 28, 1],
      layers: [
        { type: 'flatten' },
        { type: 'dense', units: 12 },
        { type: 'dropout', rate: 0.3 },
        { type: 'relu' },
        { type: 'dense', units: 10 },
      ],
    }),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const train = (...args: string[]) =>
  run(['train', model, '--data', data, '--backend', 'wasm', ...args])
const out = (name: string) => join(folder, name)
const weightsOf = (name: string) => readFile(join(folder, name, 'weights.safetensors'))
const runOf = async (name: string) =>
  runSchema.parse(JSON.parse(await readFile(join(folder, name, 'run.json'), 'utf8')))

describe('train', () => {
  test('shows the settings, a row for each epoch and the outcome, and keeps the run', async () => {
    const { code, stdout, stderr } = await train(
      '--epochs',
      '2',
      '--out',
      out('a'),
      '--schedule',
      'step:1:0.5',
      '--patience',
      '2',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^model {4}dropped, 9,550 parameters\nbackend {2}wasm, chosen by name: WebAssembly, (relaxed|simd128), 1 thread\n/,
    )
    expect(stdout).toMatch(
      /^ {4}1 .*\n {4}2 .*0\.00500 .*\n\ncompleted after 2 epochs: test accuracy 0\.\d{4}, /m,
    )
    // 11 steps an epoch, the last one of 10 images.
    expect(stderr.match(/^epoch \d\/2 {2}\d+\/11 /gm)).toHaveLength(8)
    expect((await readdir(out('a'))).toSorted()).toEqual([
      'checkpoint.safetensors',
      'run.json',
      'train',
      'validation',
      'weights.safetensors',
    ])
    const { status, epochs, dataset, plan } = await runOf('a')
    expect(status).toBe('completed')
    expect(epochs.map(({ train: { samples }, learningRate }) => [samples, learningRate])).toEqual([
      [330, 0.01],
      [330, 0.005],
    ])
    expect(dataset).toEqual({
      name: 'data/train',
      trainSamples: 330,
      validationSamples: 64,
      directory: data,
    })
    expect(plan.optimizer).toEqual({ learningRate: 0.01, momentum: 0.9, weightDecay: 0 })
  })

  test('gives the same bytes twice, and keeps the earlier run beside the later', async () => {
    for (const _ of [1, 2])
      expect((await train('--epochs', '1', '--out', out('twice'))).code).toBe(0)
    expect(await weightsOf('twice')).toEqual(await weightsOf('twice.1'))
    await train('--epochs', '1', '--seed', '2', '--out', out('other'))
    expect(await weightsOf('other')).not.toEqual(await weightsOf('twice'))
  })

  test('a one-cycle schedule has --lr as its highest rate and ends near 0', async () => {
    await train('--epochs', '4', '--out', out('cycle'), '--schedule', 'one-cycle:0.25:10:100')
    const rates = (await runOf('cycle')).epochs.map(({ learningRate }) => learningRate)
    // The last step of the first of four epochs ends the rise.
    expect(rates[0]).toBeCloseTo(0.01, 12)
    expect(rates).toEqual(rates.toSorted((a, b) => b - a))
    expect(rates[3]).toBeCloseTo(0.01 / 10 / 100, 12)
  })

  test('Nesterov momentum gives other weights, is named, and resumes to the same bytes', async () => {
    const { stdout } = await train('--epochs', '2', '--out', out('nesterov'), '--nesterov')
    expect(stdout).toContain('SGD with learning rate 0.01, Nesterov momentum 0.9, weight decay 0')
    expect((await runOf('nesterov')).plan.optimizer.nesterov).toBe(true)
    await train('--epochs', '2', '--out', out('plain'))
    expect((await runOf('plain')).plan.optimizer).not.toHaveProperty('nesterov')
    expect(await weightsOf('nesterov')).not.toEqual(await weightsOf('plain'))
    await train('--epochs', '1', '--out', out('nesterov-parts'), '--nesterov')
    await run(['train', '--resume', out('nesterov-parts'), '--epochs', '2'])
    expect(await weightsOf('nesterov-parts')).toEqual(await weightsOf('nesterov'))
  })

  test('resumes to the same bytes: 1 epoch and 2 more are 3 epochs, with dropout and a schedule', async () => {
    const schedule = ['--schedule', 'exponential:0.8']
    await train('--epochs', '3', '--out', out('whole'), ...schedule)
    await train('--epochs', '1', '--out', out('parts'), ...schedule)
    const { code, stdout } = await run(['train', '--resume', out('parts'), '--epochs', '3'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^backend {2}wasm, with which the run began: WebAssembly, /m)
    expect(stdout).toContain('resumed  in epoch 2, after 0 of its steps')
    expect(await weightsOf('parts')).toEqual(await weightsOf('whole'))
    const figures = async (name: string) =>
      (await runOf(name)).epochs.map(({ train, validation, learningRate }) => ({
        train,
        validation,
        learningRate,
      }))
    expect(await figures('parts')).toEqual(await figures('whole'))
  })

  test('refuses to resume a completed run, and to change the settings of a run', async () => {
    await train('--epochs', '1', '--out', out('over'))
    expect((await run(['train', '--resume', out('over')])).stderr).toMatch(
      /the run has finished 1 epoch, expected --epochs of 2 or more, got 1/,
    )
    expect(
      (await run(['train', '--resume', out('over'), '--epochs', '2', '--lr', '1'])).stderr,
    ).toMatch(/^--lr: a run resumes with the settings that it began with/)
    expect((await run(['train', '--resume', folder])).stderr).toMatch(/run\.json: no such file/)
  })

  test('resumes with the variant of a backend that the run began with', async () => {
    await train('--epochs', '1', '--out', out('variant'), '--backend', 'fused-simd128')
    expect((await runOf('variant')).backend).toMatchObject({
      backend: 'fused-simd128',
      variant: { of: 'fused', options: { build: 'simd128' } },
    })
    const { code, stdout } = await run(['train', '--resume', out('variant'), '--epochs', '2'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^backend {2}fused-simd128, .*: WebAssembly, simd128, 1 thread$/m)
    expect((await runOf('variant')).backend.backend).toBe('fused-simd128')
  })

  test('resumes with another backend only where the user allows it, and records it', async () => {
    await train('--epochs', '1', '--out', out('page'))
    const begun = await runOf('page')
    await writeFile(
      join(out('page'), 'run.json'),
      JSON.stringify({ ...begun, backend: { ...begun.backend, backend: 'webgl' } }),
    )
    const resume = ['train', '--resume', out('page'), '--epochs', '2']
    const refused = await run(resume)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(
      /page: the run cannot go on as it began, so its results would be others, expected webgl, \w+, 1 thread in Node\.js [\d.]+, got it runs only in browsers; .*--allow-other-build.*\n$/,
    )
    const { code, stdout } = await run([...resume, '--allow-other-build'])
    expect(code).toBe(0)
    expect(stdout).toContain('backend  fused, the fastest backend available here')
    const { simd } = begun.backend
    expect((await runOf('page')).earlierBuilds).toEqual([
      { backend: 'webgl', simd, threads: 1, untilStep: 11 },
    ])
  })

  test('with --json prints the run alone', async () => {
    const { stdout } = await train('--epochs', '1', '--json', '--out', out('json'))
    const { directory, ...printed } = JSON.parse(stdout) as { directory: string }
    expect(directory).toBe(out('json'))
    expect(printed).toEqual(await runOf('json'))
  })

  test('Ctrl-C in the middle of an epoch ends with 130 and a checkpoint that resumes to the same bytes', async () => {
    const args = [
      'train',
      model,
      '--backend',
      'wasm',
      '--data',
      data,
      '--epochs',
      '400',
      '--patience',
      '400',
      '--out',
      out('stopped'),
    ]
    const { code, stderr } = await spawned(args, { interruptOn: /^epoch 2/m })
    expect(code).toBe(130)
    expect(stderr).toMatch(/^interrupted; resume with: mnist train --resume .*stopped$/m)
    expect((await readdir(out('stopped'))).toSorted()).toEqual([
      'checkpoint.safetensors',
      'run.json',
      'train',
      'validation',
      'weights.safetensors',
    ])
    const { status, epochs } = await runOf('stopped')
    expect(status).toBe('interrupted')
    const more = String(epochs.length + 2)
    expect((await run(['train', '--resume', out('stopped'), '--epochs', more])).code).toBe(0)
    await train('--epochs', more, '--patience', '400', '--out', out('unstopped'))
    expect(await weightsOf('stopped')).toEqual(await weightsOf('unstopped'))
  })

  test('keeps the absolute path of its data when it is resumed with a relative one', async () => {
    await train('--epochs', '1', '--out', out('relative'))
    const resume = ['train', '--resume', out('relative'), '--data', relative('', data)]
    expect((await run([...resume, '--epochs', '2'])).code).toBe(0)
    expect((await runOf('relative')).dataset.directory).toBe(data)
  })

  test('writes an absolute path where an earlier version kept a relative one', async () => {
    await train('--epochs', '1', '--out', out('healed'))
    const kept = await runOf('healed')
    const dataset = { ...kept.dataset, directory: relative('', data) }
    await writeFile(join(out('healed'), 'run.json'), JSON.stringify({ ...kept, dataset }))
    expect((await run(['train', '--resume', out('healed'), '--epochs', '2'])).code).toBe(0)
    expect((await runOf('healed')).dataset.directory).toBe(data)
  })

  test('that diverges is an error in one line, and its folder stays', async () => {
    const { code, stderr } = await train(
      '--epochs',
      '9',
      '--lr',
      '1000',
      '--weight-decay',
      '1000',
      '--out',
      out('diverged'),
    )
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /training diverged, expected a finite loss, got NaN; lower the learning rate\n$/,
    )
    expect((await runOf('diverged')).status).toBe('diverged')
  })
})

describe('train --validation', () => {
  test('trains on the other images, and evaluates the test images once, at the end', async () => {
    const { code, stdout } = await train('--epochs', '2', '--validation', '74', '--out', out('v'))
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^data {5}data\/train 256 images, 74 more for validation, data\/test 64$/m,
    )
    const kept = await runOf('v')
    expect(kept.dataset).toEqual({
      name: 'data/train',
      trainSamples: 256,
      validationSamples: 74,
      validationFrom: 'train',
      testSamples: 64,
      directory: data,
    })
    expect(
      kept.epochs.map(({ train, validation }) => [train.samples, validation?.samples]),
    ).toEqual([
      [256, 74],
      [256, 74],
    ])
    expect(kept.test?.samples).toBe(64)
    const figures = `validation accuracy ${kept.epochs[1]!.validation!.accuracy.toFixed(4)}, test accuracy ${kept.test!.accuracy.toFixed(4)}, `
    expect(stdout).toContain(`\ncompleted after 2 epochs: ${figures}`)
    const { stdout: evaluated } = await run(['evaluate', out('v'), '--backend', 'wasm', '--json'])
    expect(JSON.parse(evaluated)).toMatchObject({ accuracy: kept.test!.accuracy, samples: 64 })
  })

  test('resumes with the same images: 1 epoch and 2 more give the same bytes as 3 epochs', async () => {
    const flags = ['--validation', '74', '--limit', '300', '--patience', '9', '--seed', '4']
    await train('--epochs', '3', '--out', out('v-whole'), ...flags)
    await train('--epochs', '1', '--out', out('v-parts'), ...flags)
    expect((await runOf('v-parts')).test).toBeDefined()
    expect((await run(['train', '--resume', out('v-parts'), '--epochs', '3'])).code).toBe(0)
    expect(await weightsOf('v-parts')).toEqual(await weightsOf('v-whole'))
    const timeless = async (name: string) => {
      const { epochs, dataset, test } = await runOf(name)
      return {
        dataset,
        test,
        epochs: epochs.map(({ train, validation }) => ({ train, validation })),
      }
    }
    expect(await timeless('v-parts')).toEqual(await timeless('v-whole'))
    expect((await timeless('v-parts')).epochs.map(({ train }) => train.samples)).toEqual([
      226, 226, 226,
    ])
  })

  test('stops early by the validation images', async () => {
    // A learning rate that soon makes every loss worse.
    const flags = ['--patience', '1', '--lr', '0.9', '--epochs', '60']
    await train('--validation', '74', '--out', out('v-early'), ...flags)
    const { status, epochs, test } = await runOf('v-early')
    expect(status).toBe('stopped-early')
    expect(epochs.at(-1)!.validation!.loss).toBeGreaterThanOrEqual(epochs.at(-2)!.validation!.loss)
    expect(test?.samples).toBe(64)
  })

  test('is bounded by the training images, and cannot change when a run resumes', async () => {
    for (const count of ['330', '331']) {
      const { code, stderr } = await train('--validation', count, '--out', out('v-none'))
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `data/train: number of validation images, expected 1 to 329, because they are taken from 330 training images, got ${count}; ask for fewer validation images\n`,
      })
    }
    expect((await train('--validation', '0')).stderr).toMatch(
      /^--validation: expected a whole number from 1 to 4294967295, got "0"/,
    )
    await train('--epochs', '1', '--out', out('v-fixed'))
    const resume = ['train', '--resume', out('v-fixed'), '--epochs', '2', '--validation', '8']
    expect((await run(resume)).stderr).toMatch(
      /^--validation: a run resumes with the settings that it began with/,
    )
    expect(await readdir(folder)).not.toContain('v-none')
  })
})
