// mnist export and mnist import by themselves. test/other-programs runs what they write and read in
// the programs that the formats are for.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, spawned, succeed } from './support/program.js'

const RUN = fileURLToPath(new URL('../../../tests/golden/study/lenet5-seed-1', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-exchange-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const weightsOf = (run: string) => readFile(join(run, 'weights.safetensors'))

describe('a run that is exported and imported', () => {
  test.each(['onnx', 'keras', 'tfjs', 'pytorch', 'safetensors'])(
    'has the same weights and predictions after %s',
    async (to) => {
      const [file, out] = [at(`file.${to}`), at(`run-${to}`)]
      await succeed(['export', RUN, '--to', to, '--out', file])
      const { code, stdout, stderr } = await run(['import', file, '--out', out])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe(
        `model    lenet5, ${to}, 13 layers, 5 of them with weights, 61,706 parameters\n` +
          'input    28×28×1, pixels from 0 to 1, of which 0.1307 is subtracted, divided by 0.3081\n' +
          `folder   ${out}\n`,
      )
      expect(await weightsOf(out)).toEqual(await weightsOf(RUN))
      // The study applies softmax twice in its loss, which is no part of a model.
      const predictions = async (run: string) => {
        const args = ['evaluate', run, '--limit', '200', '--backend', 'wasm']
        return (await spawned(args)).stdout.replace(/^loss .*$/m, '')
      }
      expect(await predictions(out)).toBe(await predictions(RUN))
    },
  )

  test('is named after the model, and then after the file, without --out', async () => {
    const cwd = at('working')
    await mkdir(cwd)
    expect(await spawned(['export', RUN, '--to', 'onnx'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'lenet5.onnx\n',
    })
    const first = await spawned(['import', 'lenet5.onnx'], { cwd })
    expect(first.stdout).toMatch(/\nfolder {3}runs\/lenet5\.onnx\n$/)
    const second = await spawned(['import', 'lenet5.onnx'], { cwd })
    expect(second.stdout).toMatch(/; the earlier run is in runs\/lenet5\.onnx\.1\n$/)
    expect(await readdir(join(cwd, 'runs', 'lenet5.onnx'))).toEqual([
      'model.json',
      'run.json',
      'weights.safetensors',
    ])
    const summary = await spawned(['summary', 'runs/lenet5.onnx/model.json'], { cwd })
    expect(summary.stdout).toContain('61,706')
  })

  test('says in run.json where the model came from, and has no report and nothing to resume', async () => {
    const out = at('run-onnx')
    const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as object
    expect(record).toMatchObject({ importedFrom: { file: at('file.onnx'), format: 'onnx' } })
    expect((await run(['report', out])).stderr).toBe(
      `${out}: the model was imported, so there are no epochs to report; mnist evaluate prints its figures\n`,
    )
    expect((await run(['train', '--resume', out])).stderr).toMatch(/there is no checkpoint/)
  })
})

describe('one line refuses', () => {
  test.each<[string, (at: (name: string) => string) => readonly string[], RegExp]>([
    ['a format that is none', () => ['export', RUN, '--to', 'tflite'], /Allowed choices are onnx,/],
    ['no format', () => ['export', RUN], /required option '--to <format>' not specified/],
    ['no run', (at) => ['export', at('no'), '--to', 'onnx'], /no such file; name the folder of a/],
    [
      'a folder in place of a file',
      (at) => ['export', RUN, '--to', 'onnx', '--out', at('.')],
      /it is a folder \(EISDIR\)/,
    ],
    ['no file', (at) => ['import', at('no.onnx')], /no\.onnx: no such file; check the path/],
    ['a folder without a model', (at) => ['import', at('.')], /model\.json: no such file/],
    ['another file', () => ['import', join(RUN, 'run.json')], /JSON without a model cannot be/],
    [
      'weights without a model',
      () => ['import', join(RUN, 'weights.safetensors')],
      /the file has weights and no model; name the model that they belong to/,
    ],
    [
      'a model for a file that has one',
      (at) => ['import', at('file.onnx'), '--model', 'lenet5'],
      /the file describes its model itself/,
    ],
    ['a deviation of 0', (at) => ['import', at('file.onnx'), '--std', '0'], /^--std: expected/],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await run(args(at))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
  })

  test('a file that is missing beside another one', async () => {
    const lonely = at('lonely')
    await mkdir(lonely)
    await writeFile(join(lonely, 'model.json'), await readFile(at('file.tfjs/model.json')))
    expect((await run(['import', lonely, '--out', at('x')])).stderr).toMatch(
      /group1-shard1of1\.bin: no such file; check the path\n$/,
    )
  })
})
