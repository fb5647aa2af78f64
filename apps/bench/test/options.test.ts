import { isInputError } from '@mnist-lab/errors'
import { describe, expect, test } from 'vitest'
import { parseOptions } from '../src/options.js'

const parse = (...argv: string[]) => parseOptions(argv, { write() {} })

describe('options', () => {
  test('are every backend and LeNet-5 by default', () => {
    expect(parse()).toEqual({
      backends: ['fused', 'wasm', 'node', 'cpu'], backendsByName: false, models: ['lenet5'], batchSize: 32, repetitions: 5,
      budget: { seconds: 2, minSteps: 3, maxSteps: 2000 }, seed: 1,
    })
  })

  test('take lists, all and numbers; a leading -- changes nothing', () => {
    const argv = ['--backend=cpu, cpu,wasm', '--model=all', '--batch=8', '--reps=2', '--steps=7', '--seed=0', '--threads=2', '--json=a', '--markdown=m', '--svg=b']
    expect(parse(...argv)).toEqual({
      backends: ['cpu', 'wasm'], backendsByName: true, models: ['lenet5', 'custom-mlp', 'lenet5-regularized'], batchSize: 8,
      repetitions: 2, budget: { steps: 7 }, seed: 0, threads: 2, json: 'a', markdown: 'm', svg: 'b',
    })
    expect(parse('--', ...argv)).toEqual(parse(...argv))
  })

  test('take backends that are for comparison, by name only', () => {
    expect(parse('--backend=wasm,wasm-stock')).toMatchObject({ backends: ['wasm', 'wasm-stock'] })
    expect(parse('--backend=all')?.backends).not.toContain('wasm-stock')
  })

  test('of --help are the text, and nothing to run', () => {
    let text = ''
    expect(parseOptions(['--help'], { write: (part) => { text += part } })).toBeUndefined()
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
