import { describe, expect, test } from 'vitest'
import type { BenchResult } from '../src/results/result-schema.js'
import { compareResults } from '../src/results/compare.js'

/**
 * Park and Miller's generator, which is random enough for a test and always gives the same numbers.
 */
function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

const base = [10, 10.1, 9.9, 10.05, 9.95, 10.02, 9.98, 10.07]

describe('two results', () => {
  const cell = (backend: string, medians: readonly number[], parityOk = true) => ({
    backend,
    model: 'lenet5',
    batchSize: 32,
    status: 'ok',
    repetitions: medians.map((medianMs, order) => ({ order, medianMs, disturbed: false })),
    parity: { ok: parityOk },
  })
  const result = (cells: readonly object[], more: object = {}) =>
    ({
      environment: { cpu: 'x', cores: 2, packages: {}, ...more },
      protocol: { repetitions: 8, budget: { steps: 5 }, warmup: {}, seed: 1 },
      cells,
    }) as unknown as BenchResult
  const failed = {
    backend: 'node',
    model: 'lenet5',
    batchSize: 32,
    status: 'failed',
    reason: 'SIGSEGV',
  }

  test('are compared cell by cell, with new, missing and lost cells', () => {
    const { cells } = compareResults(
      result([cell('wasm', base), cell('cpu', base), cell('node', base), cell('old', base)]),
      result([
        cell('new', base),
        cell(
          'wasm',
          base.map((ms) => ms * 1.2),
        ),
        cell('cpu', base, false),
        failed,
      ]),
      { random: generator(1), resamples: 50 },
    )
    expect(
      cells.map(({ name: { backend }, comparison, lost }) => [backend, comparison?.verdict, lost]),
    ).toEqual([
      ['new', undefined, undefined],
      ['wasm', 'slower', undefined],
      ['cpu', 'no difference shown', 'no longer at parity'],
      ['node', undefined, 'failed: SIGSEGV'],
      ['old', undefined, undefined],
    ])
  })

  test('report how their machines, software and protocols differ', () => {
    const { machine, software, protocol } = compareResults(
      result([], { node: 'v20' }),
      result([], { cpu: 'y', node: 'v22' }),
      { random: generator(1) },
    )
    expect(machine).toEqual([{ what: 'cpu', a: 'x', b: 'y' }])
    expect(software).toEqual([{ what: 'node', a: 'v20', b: 'v22' }])
    expect(protocol).toEqual([])
  })
})
