import { isInputError } from '@mnist-lab/core'
import { describe, expect, test } from 'vitest'
import { parseOptions } from '../src/protocol/plan.js'

const parse = (...argv: string[]) => parseOptions(argv, {}, { write() {} })

describe('options', () => {
  test('are every backend and LeNet-5 by default', () => {
    expect(parse()).toEqual({
      backends: ['fused', 'wasm', 'node', 'cpu'],
      peers: [],
      named: [],
      models: ['lenet5'],
      batchSizes: [32],
      threads: [undefined],
      repetitions: 8,
      budget: { seconds: 1, minSteps: 3, maxSteps: 2000 },
      seed: 1,
      seeds: 5,
      maxEpochs: 20,
      profile: false,
      comparison: { alpha: 0.05, minEffect: 0.03 },
      files: {},
      allowOtherMachine: false,
    })
  })

  test('take lists, all and numbers; a leading -- changes nothing', () => {
    const argv = [
      '--backend=cpu, cpu,wasm',
      '--model=all',
      '--batch=8',
      '--reps=2',
      '--steps=7',
      '--seed=0',
      '--threads=2',
      '--json=a',
      '--markdown=m',
      '--html=h',
      '--svg=b',
      '--profile',
      '--to-accuracy=0.98',
      '--seeds=3',
      '--max-epochs=9',
      '--slow-down=10%',
      '--against=o',
      '--fail-if-slower=5%',
      '--min-effect=0.02',
    ]
    expect(parse(...argv)).toEqual({
      backends: ['cpu', 'wasm'],
      peers: [],
      named: ['cpu', 'wasm'],
      models: ['lenet5', 'custom-mlp', 'lenet5-regularized'],
      batchSizes: [8],
      threads: [2],
      repetitions: 2,
      budget: { steps: 7 },
      seed: 0,
      seeds: 3,
      maxEpochs: 9,
      profile: true,
      toAccuracy: 0.98,
      slowDown: 0.1,
      against: 'o',
      failIfSlower: 0.05,
      comparison: { alpha: 0.05, minEffect: 0.02 },
      files: { json: 'a', markdown: 'm', html: 'h', svg: 'b' },
      allowOtherMachine: false,
    })
    expect(parse('--', ...argv)).toEqual(parse(...argv))
  })

  test('sweep over batch sizes and threads', () => {
    expect(parse('--sweep=batch=1,8,32', '--sweep=threads=1,2')).toMatchObject({
      batchSizes: [1, 8, 32],
      threads: [1, 2],
    })
  })

  test('take peers by name, and by a command', () => {
    const { peers, named } = parse(
      '--backend=none',
      '--peer=pytorch,tfjs-stock',
      '--peer=mine=./peer --fast',
      '--python=p',
    )!
    expect(peers.map(({ name, program }) => `${name} ${program}`)).toEqual([
      'pytorch p',
      `tfjs-stock ${process.execPath}`,
      'mine ./peer',
    ])
    expect(peers[2]!.args).toEqual(['--fast'])
    expect(named).toEqual(['pytorch', 'tfjs-stock', 'mine'])
    expect(
      parseOptions(['--peer=pytorch'], { PYTHON: 'q' }, { write() {} })!.peers[0]!.program,
    ).toBe('q')
  })

  test('take backends that are for comparison, by name only', () => {
    expect(parse('--backend=wasm,wasm-stock')).toMatchObject({ backends: ['wasm', 'wasm-stock'] })
    expect(parse('--backend=all')?.backends).not.toContain('wasm-stock')
  })

  test('of --help are the text, and nothing to run', () => {
    let text = ''
    expect(
      parseOptions(
        ['--help'],
        {},
        {
          write: (part) => {
            text += part
          },
        },
      ),
    ).toBeUndefined()
    expect(text).toContain('--backend <names>')
  })

  test.each([
    ['--backend=webgl9', /backend webgl9: unknown.*cpu/],
    ['--backend=', /--backend: expected names/],
    ['--model=lenet', /model lenet: unknown.*did you mean lenet5/],
    ['--fast', /unknown option '--fast'/],
    ['--batch=0', /--batch: expected a whole number from 1 to 60000, got "0"/],
    ['--batch=1e3', /--batch: expected a whole number/],
    ['--reps=-1', /--reps: expected a whole number/],
    ['--steps=1.5', /--steps: expected a whole number/],
    ['--seconds=0', /--seconds: expected a number above 0 to 3600/],
    ['--seconds=soon', /--seconds: expected a number above 0/],
    ['--seed=9007199254740992', /--seed: expected a whole number/],
    ['--sweep=size=1', /--sweep: expected batch=… or threads=…/],
    ['--sweep=batch=1,none', /--sweep batch: expected a whole number/],
    ['--peer=torch9', /peer torch9: unknown, expected one of pytorch.*tfjs-stock/],
    ['--peer=x=', /--peer: expected name=command/],
    ['--peer=wasm=./a', /wasm is the name of a backend/],
    ['--peer=pytorch,pytorch', /pytorch is there twice/],
    ['--slow-down=ten', /--slow-down: expected a share, as 5% or 0\.05/],
    ['--to-accuracy=98', /--to-accuracy: expected a number above 0 to 1/],
    ['--fail-if-slower=5%', /name a saved result: --against/],
    ['--backend=none', /there is nothing to measure/],
    ['lenet5', /too many arguments/],
  ])('%s is refused in one line that says why', (flag, message) => {
    let thrown: unknown
    try {
      parse(flag)
    } catch (error) {
      thrown = error
    }
    expect(isInputError(thrown)).toBe(true)
    expect((thrown as Error).message).toMatch(message)
    expect((thrown as Error).message).not.toContain('\n')
  })

  test('know steps or seconds, not both', () => {
    expect(() => parse('--steps=3', '--seconds=1')).toThrow(/cannot be used with/)
  })
})
