import { evaluationSchema, runSchema } from '@mnist-lab/train'
import { studySchema } from '@mnist-lab/study'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let folder: string
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-study-'))
  data = await writeFiles(join(folder, 'data'), await smallMnist(330, 64))
})
afterAll(() => rm(folder, { recursive: true }))

/** Without a PDF: printing one takes longer than training, and has a test of its own. */
const env = { CHROMIUM_PATH: '/no/such/chromium' }
const out = (...path: string[]) => join(folder, ...path)
const reproduce = (name: string, args: readonly string[], interruptOn?: RegExp) =>
  spawned(['reproduce', '--data', data, '--backend', 'fused', '--out', out(name), ...args], {
    env,
    ...(interruptOn === undefined ? {} : { interruptOn }),
  })
const json = async (...path: string[]) =>
  JSON.parse(await readFile(out(...path), 'utf8')) as unknown
const weights = (...path: string[]) => readFile(out(...path, 'weights.safetensors'))

describe('reproduce', () => {
  test('trains every run as mnist train does and reports; a second call trains nothing', async () => {
    const { code, stdout, stderr } = await reproduce('whole', ['--epochs', '3', '--seeds', '1'])
    expect(stderr).toMatch(
      /^\[0\/16\] lenet5, seed 1 {2}epoch 1\/3 {2}train loss 0\.07\d\d acc 0\.\d{4} .* left$/m,
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\[16\/16\] /m)
    expect(stdout).toMatch(/^LeNet-5 agrees with the original in /m)
    expect(stdout).toMatch(
      /^report {2}.*whole\/report\.html\n.*report\.md\n +no PDF: no Chromium was found; /m,
    )

    const { status, runs } = studySchema.parse(await json('whole', 'study.json'))
    expect(status).toBe('completed')
    expect(runs).toHaveLength(16)
    expect((await readdir(out('whole'))).toSorted()).toEqual(
      [
        ...runs.map(({ directory }) => directory),
        'report-figures',
        'report.html',
        'report.md',
        'study.json',
      ].toSorted(),
    )
    for (const { directory } of runs) {
      expect(runSchema.parse(await json('whole', directory, 'run.json'))).toMatchObject({
        status: 'completed',
        environment: { runsAtOnce: expect.any(Number) },
      })
      expect(
        evaluationSchema.parse(await json('whole', directory, 'evaluation.json')).dataset.samples,
      ).toBe(64)
    }
    const timed = runSchema.parse(await json('whole', 'lenet5-seed-1', 'run.json'))
    expect(timed.environment['runsAtOnce']).toBe(1)

    const args = [
      '--loss',
      'doubleSoftmaxCrossEntropy',
      '--epochs',
      '3',
      '--data',
      data,
      '--backend',
      'fused',
    ]
    await run(['train', 'lenet5-regularized', ...args, '--out', out('alone')])
    expect(await weights('whole', 'lenet5-regularized-seed-1')).toEqual(await weights('alone'))
    expect((await run(['evaluate', out('whole', 'custom-mlp-seed-1')])).stdout).toContain(
      'custom-mlp on data/test, 64 images',
    )

    const again = await reproduce('whole', ['--epochs', '3', '--seeds', '1'])
    expect(again.stdout).toContain('16 runs of 3 epochs, 16 already finished')
    expect(await json('whole', 'lenet5-seed-1', 'run.json')).toEqual(timed)
  })

  test('resumes after Ctrl-C to the same bytes, trains only the added seeds, and gives the same with several runs at once', async () => {
    const args = ['--epochs', '16', '--seeds', '1', '--ablation', 'no']
    const { code, stdout, stderr } = await reproduce(
      'parts',
      args,
      /lenet5-regularized, seed 1 {2}epoch 2\/16/,
    )
    expect(code).toBe(130)
    expect(stderr).toMatch(
      /^interrupted; resume with: mnist reproduce .*--epochs 16 --seeds 1 --ablation no/m,
    )
    expect(stdout).not.toContain('report')
    expect(studySchema.parse(await json('parts', 'study.json')).status).toBe('interrupted')
    expect(
      runSchema.parse(await json('parts', 'lenet5-regularized-seed-1', 'run.json')).status,
    ).toBe('interrupted')
    expect(
      (await readdir(out('parts', 'lenet5-regularized-seed-1'))).filter((name) =>
        name.endsWith('.tmp'),
      ),
    ).toEqual([])

    const more = await reproduce('parts', [
      '--epochs',
      '16',
      '--seeds',
      '2',
      '--ablation',
      'no',
      '--jobs',
      '3',
    ])
    expect(more.stdout).toContain('6 runs of 16 epochs, 2 already finished, 1 to resume')
    expect(more.code).toBe(0)
    await reproduce('unstopped', [
      '--epochs',
      '16',
      '--seeds',
      '2',
      '--ablation',
      'no',
      '--jobs',
      '1',
    ])
    for (const { directory } of studySchema.parse(await json('parts', 'study.json')).runs) {
      expect(await weights('parts', directory), directory).toEqual(
        await weights('unstopped', directory),
      )
    }
    expect(
      runSchema.parse(await json('parts', 'lenet5-seed-2', 'run.json')).environment['runsAtOnce'],
    ).toBe(3)
  }, 300_000)

  test('refuses in one line what would mix two experiments, and overwrites nothing', async () => {
    await reproduce('kept', ['--epochs', '1', '--seeds', '1', '--ablation', 'no'])
    const refused = async (name: string, args: readonly string[], message: RegExp) => {
      const { code, stderr } = await reproduce(name, args)
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
      expect(stderr.trimEnd()).not.toContain('\n')
    }
    await refused(
      'kept',
      ['--epochs', '2', '--seeds', '1'],
      /kept: the study in this folder was started with another --epochs, expected 1, got 2; keep the flag as it was, or choose another folder with --out\n$/,
    )
    await refused(
      'kept',
      ['--epochs', '1', '--limit', '64'],
      /another --limit, expected none, got 64/,
    )
    await refused(
      'data',
      ['--epochs', '1'],
      /data: the folder holds files that do not belong to a study/,
    )
    await writeFile(out('kept', 'study.json'), '{}')
    await refused('kept', ['--epochs', '1'], /study\.json: field schema/)
    await refused('other', ['--limit', '331'], /expected 1 to 330, got 331/)
    expect(await readdir(folder)).not.toContain('other')
  })
})

describe('report', () => {
  test('covers any runs, and evaluates those that have not been evaluated', async () => {
    for (const [name, model] of [
      ['a', 'lenet5'],
      ['b', 'custom-mlp'],
    ] as const)
      await run([
        'train',
        model,
        '--epochs',
        '1',
        '--data',
        data,
        '--backend',
        'fused',
        '--out',
        out(name),
      ])
    const { code, stdout } = await spawned(['report', out('a'), out('b'), '--out', out('both')], {
      env,
    })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^report {2}.*both\/report\.html$/m)
    const page = await readFile(out('both', 'report.html'), 'utf8')
    expect(page).toContain('<h2 id="a">a</h2>')
    expect(page).toContain('aria-label="b"')
    expect(await readdir(out('b'))).toContain('evaluation.json')
    await run(['train', '--resume', out('b'), '--epochs', '2'])
    const before = evaluationSchema.parse(await json('b', 'evaluation.json'))
    await spawned(['report', out('b')], { env })
    expect(evaluationSchema.parse(await json('b', 'evaluation.json')).weightsSha256).not.toBe(
      before.weightsSha256,
    )
    expect(await readdir(out('b'))).toContain('report.html')
  })

  test('of the folder of a study is the report of the study', async () => {
    await reproduce('study', ['--epochs', '1', '--seeds', '1', '--ablation', 'no'])
    await rm(out('study', 'report.html'))
    expect((await spawned(['report', out('study')], { env })).code).toBe(0)
    expect(await readFile(out('study', 'report.html'), 'utf8')).toContain('Training time')
  })
})
