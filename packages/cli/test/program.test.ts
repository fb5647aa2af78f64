import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { run, spawned } from './support/program.js'

describe('mnist', () => {
  test('without a command shows its help, as an error', async () => {
    const { code, stdout, stderr } = await run([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Commands:')
  })

  test.each([
    ['--help'],
    ['train', '--help'],
    ['data', 'verify', '--help'],
    ['--', 'summary', '--help'],
    ['help'],
    ['help', 'train'],
  ])('%s %s helps on stdout', async (...args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: mnist/)
  })

  test.each([
    [
      ['frain', 'lenet5'],
      /^mnist: unknown command 'frain' \(Did you mean train\?\); see mnist --help$/,
    ],
    [['train', 'lenet'], /^model lenet: unknown, expected lenet5.*did you mean lenet5\?$/],
    [['train'], /^mnist train: expected either a model or --resume RUN, got neither/],
    [['train', 'lenet5', '--resume', 'x'], /got both/],
    [
      ['train', 'lenet5', '--backend', 'wasn'],
      /^backend wasn: unknown, expected one of fused, wasm, node, fused-js, cpu/,
    ],
    [
      ['train', 'lenet5', '--fast'],
      /^mnist train: unknown option '--fast'; see mnist train --help$/,
    ],
    [['train', 'lenet5', '--epochs', '0'], /^--epochs: expected a whole number from 1/],
    [['train', 'lenet5', '--seed', '-1'], /^--seed: expected a whole number from 0/],
    [['train', 'lenet5', '--lr', 'fast'], /^--lr: expected a number above 0 to 1000, got "fast"/],
    [['train', 'lenet5', '--momentum', '1'], /^--momentum: expected a number from 0 and below 1/],
    [
      ['train', 'lenet5', '--loss', 'mse'],
      /^mnist train: option '--loss <name>' argument 'mse' is invalid/,
    ],
    [['train', 'lenet5', '--schedule', 'step:3'], /^--schedule: expected constant, cosine/],
    [
      ['train', 'lenet5', '--nesterov', '--momentum', '0'],
      /^--nesterov: expected a momentum above 0, got --momentum 0/,
    ],
    [
      ['train', 'lenet5', '--schedule', 'one-cycle:0.3:25:1e4:1'],
      /^--schedule: expected constant, cosine/,
    ],
    [['train', 'lenet5', '--limit', '0'], /^--limit: expected a whole number from 1/],
    [
      ['train', 'lenet5', '--limit', '60001'],
      /^mnist\/train: number of samples, expected 1 to 60000, got 60001/,
    ],
    [['train', 'lenet5', '--resume'], /argument missing/],
    [['train', 'none.json'], /^none\.json: no such file; check the path$/],
    [
      ['train', 'package.json'],
      /^package\.json at inputShape: expected \[height, width, channels\], got nothing/,
    ],
    [['summary', 'lenet5', 'more'], /^mnist summary: too many arguments/],
    [
      ['evaluate', 'no/such/run'],
      /no\/such\/run\/run\.json: no such file; name the folder of a run/,
    ],
    [['predict', 'no/such/run'], /missing required argument 'images'/],
    [['reproduce', '--seeds', '11'], /^--seeds: expected a whole number from 1 to 10, got "11"/],
    [
      ['reproduce', '--ablation', 'some'],
      /^--ablation: expected no, or a whole number from 1 to 10, got "some"/,
    ],
    [['report'], /missing required argument 'runs'/],
    [['data'], /^mnist data: a subcommand is missing; see mnist data --help$/],
    [['report', 'no/such/run'], /no\/such\/run\/run\.json: no such file; name the folder of a run/],
    [['report', 'a', './a'], /^mnist report: a run is named twice; name each run once$/],
    [['data', 'verify', '--data', 'no/such'], /no\/such\/train-images-idx3-ubyte: no such file/],
  ])('%j is refused in one line', async (args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('prints the version of its package.json', async () => {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(text) as { version: string }
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('completes its commands and flags in a shell', async () => {
    const { code, stdout } = await spawned(['complete', '--', 'train', '--v'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^--validation\t/m)
    expect((await spawned(['complete', '--', 'da'])).stdout).toMatch(/^data\t/m)
    expect((await spawned(['complete', 'zsh'])).stdout).toMatch(/^#compdef mnist$/m)
  })

  test('is a program that prints errors on stderr and ends with 2', async () => {
    expect(await spawned(['summary', 'lenet9'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'model lenet9: unknown, expected lenet5, custom-mlp, lenet5-regularized; did you mean lenet5?\n',
    })
  })
})

describe('summary', () => {
  test('prints the table of torchsummary or torchinfo, or JSON', async () => {
    expect((await run(['summary', 'lenet5'])).stdout).toMatch(/Total params: 61,706/)
    expect(
      (await run(['summary', 'custom-mlp', '--style', 'torchinfo', '--batch', '32'])).stdout,
    ).toMatch(/Total params: 61,720/)
    const data = JSON.parse((await run(['summary', 'lenet5', '--json'])).stdout) as {
      total: { parameters: number }
    }
    expect(data.total.parameters).toBe(61_706)
  })

  test('prints the program of the fused engine with --program', async () => {
    const { code, stdout } = await run(['summary', 'lenet5', '--program'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^lenet5 on the fused engine: build /)
    expect(stdout).toMatch(
      /conv2d_1: output 28 × 28 × 6, kernel winograd\n +why: Winograd’s method/,
    )
    expect(stdout).toMatch(/\n {2}total +[\d,]+\n$/)
    const json = await run(['summary', 'lenet5', '--program', '--batch', '64', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ model: 'lenet5', batchSize: 64 })
    const both = await run(['summary', 'lenet5', '--program', '--style', 'torchinfo'])
    expect(both.code).toBe(2)
  })
})

describe('doctor', () => {
  test('opens every backend and checks the data', async () => {
    const { code, stdout } = await spawned(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^node +(ok +native TensorFlow, native, \d+ threads?; .* tensorflow \d|no +native TensorFlow is not set up; run `pnpm setup:native`)/m,
    )
    expect(stdout).toMatch(
      /^wasm +ok +WebAssembly, (relaxed|simd128), 1 thread; @tensorflow\/tfjs-core 4\.22\.0/m,
    )
    expect(stdout).toMatch(/^cpu +ok /m)
    expect(stdout).toMatch(/^data +ok /m)
    const { ok, backends } = JSON.parse((await spawned(['doctor', '--json'])).stdout) as {
      ok: boolean
      backends: object[]
    }
    expect(ok).toBe(true)
    expect(backends).toMatchObject([
      { name: 'fused', ok: true },
      {
        name: 'wasm',
        ok: true,
        info: { simd: expect.stringMatching(/^(relaxed|simd128)$/) as string },
      },
      { name: 'node' },
      { name: 'fused-js', ok: true },
      { name: 'cpu', ok: true },
    ])
  })
})
