import { describe, expect, test } from 'vitest'
import type { BenchOkCell } from '../src/results/cell-schema.js'
import type { BenchResult } from '../src/results/result-schema.js'
import { benchMarkdown, benchTable } from '../src/present/result-table.js'
import { withRatios } from '../src/results/ratios.js'
import { DEFAULT_PLAN } from '../src/protocol/plan.js'
import { benchResult, okCell } from './fixtures/results.js'

const lineOf = (text: string, start: RegExp) => text.split('\n').filter((line) => start.test(line))

describe('benchTable', () => {
  const text = benchTable(benchResult())

  test('has every figure of a cell in its rows', () => {
    const [step, details, other] = lineOf(text, /^wasm /)
    for (const figure of ['22.0', '20.0–26.0', '30.5 [29.9, 31.2]']) expect(step).toContain(figure)
    for (const figure of ['22.0 ± 2.20', '1,455', '41.3', 'simd128'])
      expect(details).toContain(figure)
    for (const figure of ['300', '20.0', '5.00', '66.0', '2,909', '1.10 (1.76)', '234'])
      expect(other).toContain(figure)
  })

  test('never has a speed without its parity', () => {
    for (const line of lineOf(text, /^(cpu|wasm) /))
      expect(line).toContain('✓ loss 1.2e-7, weights 0')
    const parity = {
      reference: 'cpu',
      steps: 3,
      maxLossDelta: 0.5,
      maxWeightDelta: 0.25,
      layers: [],
      ok: false,
    }
    const wrong = benchTable(benchResult([okCell('wasm', 1, { parity })]))
    for (const line of lineOf(wrong, /^wasm /))
      expect(line).toContain('✗ loss 5.0e-1, weights 2.5e-1')
  })

  test('has a row with the reason for a cell that did not run', () => {
    expect(lineOf(text, /^webgpu /)[0]).toMatch(/unavailable: no adapter; use a GPU$/)
    expect(lineOf(text, /^node /)[0]).toMatch(/failed: exit code 139$/)
  })

  test('says on which machine, with which versions and how', () => {
    expect(text).toContain('Some CPU @ 3 GHz, 2 cores, 8.00 GiB; linux 6.1 x64; Node.js v20.0.0')
    expect(text).toContain('commit abc1234, engine 1.2.3')
    expect(text).toContain('5 × a fresh process a cell')
    expect(text).toContain('wasm: 1 thread: no cross-origin isolation')
  })

  test('says that it was interrupted', () => {
    expect(text).not.toContain('INTERRUPTED')
    expect(benchTable({ ...benchResult(), status: 'interrupted' })).toContain('INTERRUPTED')
  })
})

test('an emulated processor has no times and no ratio, but parity', () => {
  const runtime: NonNullable<BenchOkCell['runtime']> = {
    name: 'Node.js for arm64',
    version: 'v20',
    clock: 'host',
    emulated: true,
    notes: [],
  }
  const cell = okCell('fused@arm64', 321, { runtime })
  const result = benchResult([okCell('fused', 2), cell])
  for (const text of [benchTable(result), benchMarkdown(result)]) {
    const lines = lineOf(text, /^(\| )?fused@arm64 /)
    expect(lines).toHaveLength(4)
    for (const line of lines) expect(line).toMatch(/emulated.*✓ loss/)
    expect(lines.join('\n')).not.toMatch(/321|382|292|602|963/)
  }
  const ratios = withRatios(result.cells, 'fused', DEFAULT_PLAN)
  expect(ratios[1]).not.toHaveProperty('versusBaseline')
})

describe('a bench in several runtimes', () => {
  const result = benchResult([
    okCell('fused', 1, { bits: 'simd128', codeBytes: 123_456 }),
    okCell('fused@bun', 2, {
      bits: 'other',
      runtime: { name: 'Bun', version: '1.4.5', clock: 'host', notes: ['it was raining'] },
      phases: { startUp: { medianMs: 321, samplesMs: [321] } },
    }),
  ])

  test('has a table with the runtime, the bits, the code and the start of each', () => {
    const lines = lineOf(benchTable(result), /^fused/)
    const [node, bun] = lines.filter((line) => / (own|host) /.test(line))
    for (const part of ['this Node.js', 'own', 'simd128', '123']) expect(node).toContain(part)
    for (const part of ['Bun 1.4.5', 'host', 'other', '321']) expect(bun).toContain(part)
    for (const line of [node, bun]) expect(line).toContain('✓')
  })

  test('prints what a reader has to know of a runtime', () => {
    expect(benchTable(result)).toContain('\nfused@bun: it was raining')
    expect(benchTable(benchResult())).not.toContain('start-up')
  })
})

test('benchMarkdown has the same rows as Markdown tables', () => {
  const text = benchMarkdown(benchResult())
  expect(lineOf(text, /^\| wasm \|/)).toHaveLength(3)
  expect(lineOf(text, /^\| webgpu \|/)[0]).toContain('unavailable: no adapter')
  expect(lineOf(text, /^\| ---/)).toHaveLength(3)
})

describe('what the engines are compared with', () => {
  const turns = (): BenchResult => {
    const result = benchResult([
      okCell('fused', 1, { askedThreads: 1 }),
      okCell('fused', 1, {
        askedThreads: 2,
        versusBaseline: { ratio: 1.5, low: 1.4, high: 1.6, confidence: 0.95, resamples: 1000 },
      }),
    ])
    const { comparison: _, ...protocol } = result.protocol
    return {
      ...result,
      protocol: { ...protocol, mode: 'turns', baseline: 'fused:1', repetitions: 20 },
    }
  }

  test('is named in the header, and is explained under the table', () => {
    const text = benchTable(benchResult())
    expect(lineOf(text, /^engine /)[0]).toContain('× vs cpu [95%]')
    expect(text).toMatch(/^× vs cpu: how many times as fast as cpu \(TensorFlow\.js in pure/m)
    const result = benchResult([okCell('wasm', 1), okCell('fused', 1)])
    const without = benchTable({ ...result, protocol: { ...result.protocol, baseline: 'wasm' } })
    expect(lineOf(without, /^engine /)[0]).toContain('× vs wasm [95%]')
    expect(without).toMatch(/^× vs wasm: .*the first engine of this bench, which has no cpu/m)
  })

  test('is the first engine in turns, and engines are told apart by their threads', () => {
    const text = benchTable(turns())
    expect(lineOf(text, /^fused:1 /)[0]).toMatch(/ 1 {2}✓ loss/)
    expect(lineOf(text, /^fused:2 /)[0]).toContain('1.50 [1.40, 1.60]')
    expect(text).toContain('20 rounds of turns in shuffled order')
  })

  test('is named in the row where the first engine did not run', () => {
    const versusBaseline = {
      p: 0.001,
      verdict: 'faster' as const,
      ratio: 2,
      low: 2,
      high: 2,
      confidence: 0.95,
      resamples: 1,
      baseline: 'wasm:1',
    }
    const text = benchTable(benchResult([okCell('torch', 1, { versusBaseline })]))
    expect(lineOf(text, /^torch /)[0]).toContain('2.00 [2.00, 2.00] vs wasm:1')
  })
})
