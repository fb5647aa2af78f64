// Node.js without WebAssembly: --jitless switches it off together with the compiler.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-jitless-'))
  await writeFiles(join(folder, 'data'), await smallMnist(40, 32))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs `mnist` without WebAssembly, and without a native TensorFlow that is set up here. */
const jitless = (...args: string[]) =>
  spawned(args, { env: { NODE_OPTIONS: '--jitless', MNIST_LAB_CACHE: folder }, cwd: folder })

const train = ['train', 'custom-mlp', '--data=data', '--epochs=1']

test('trains through fused-js, with the same weights as where its code is compiled', async () => {
  const without = await jitless(...train, '--backend=auto', '--out=without')
  expect(without).toMatchObject({ code: 0 })
  expect(without.stdout + without.stderr).toMatch(
    /fused-js, the fastest backend available here \(.*fused: this JavaScript engine has no WebAssembly.*wasm: this JavaScript engine has no WebAssembly/,
  )
  const withIt = await spawned([...train, '--backend=fused-js', '--out=with'], { cwd: folder })
  expect(withIt).toMatchObject({ code: 0 })
  const weights = (run: string) => readFile(join(folder, run, 'weights.safetensors'))
  expect(await weights('without')).toEqual(await weights('with'))
  expect(await jitless('evaluate', 'without', '--data=data')).toMatchObject({ code: 0 })
  const report = await jitless('report', 'without', '--data=data')
  expect(report).toMatchObject({ code: 0 })
  expect(report.stdout + report.stderr).toContain('start Node.js without --jitless')
})

test('refuses a backend in WebAssembly, and a JPEG picture, in one line', async () => {
  for (const backend of ['fused', 'wasm'])
    expect(await jitless(...train, `--backend=${backend}`, '--out=refused')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        new RegExp(
          `^(Warning: .*\\n)?backend ${backend}: this JavaScript engine has no WebAss.*\\n$`,
        ),
      ) as string,
    })
  const run = await jitless(...train, '--backend=fused-js', '--out=run')
  expect(run).toMatchObject({ code: 0 })
  // An 8 × 8 picture whose structure is whole: a frame, and a scan with one byte.
  await writeFile(
    join(folder, 'a.jpg'),
    Buffer.from('ffd8ffc0000b080008000801011100ffda0008010100003f0000ffd9', 'hex'),
  )
  expect(await jitless('predict', 'run', 'a.jpg')).toMatchObject({
    stderr: expect.stringContaining('the decoder of JPEG pictures needs WebAssembly') as string,
  })
})
