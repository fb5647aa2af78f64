import fc from 'fast-check'
import { type BenchOkCell, STEP_PHASES } from '../src/results/cell-schema.js'
import type { BenchResult } from '../src/results/result-schema.js'
import type { ResultComparison } from '../src/results/compare.js'
import { describe, expect, test } from 'vitest'
import { benchDocument } from '../src/present/document.js'
import { ratioChart } from '../src/present/charts.js'
import { profiledStep } from '../src/present/detail-tables.js'
import { benchChart } from '../src/present/step-chart.js'
import { benchTable } from '../src/present/result-table.js'
import { benchWarnings } from '../src/present/warnings.js'
import { comparisonMarkdown, comparisonTable } from '../src/present/comparison-table.js'
import { renderHtml, renderMarkdown } from '@mnist-lab/report'
import { seeTables, skipTables } from '../../report/test/fixtures/tables-in-chromium.js'
import { drawnTexts } from '../../report/test/fixtures/drawn-texts.js'
import { benchResult, okCell } from './fixtures/results.js'

const profile: NonNullable<BenchOkCell['profile']> = {
  steps: 100,
  stepMs: 4.5,
  phases: [
    { phase: 'data', ms: 0.5 },
    { phase: 'forward', ms: 1 },
    { phase: 'backward', ms: 2 },
    { phase: 'update', ms: 0.5 },
  ],
  kernels: [
    { name: 'Conv2DBackpropFilter', phase: 'backward', calls: 2, ms: 1.5 },
    { name: 'Conv2D', phase: 'forward', calls: 2, ms: 0.75 },
    { name: '(between kernels)', phase: 'backward', calls: 0, ms: 0.25 },
  ],
}
const layers = okCell('wasm', 22).parity

/** A result with every field that results can have. */
const whole: BenchResult = {
  ...benchResult([
    okCell('wasm', 22, {
      profile,
      versusBaseline: {
        ratio: 30.5,
        low: 29.9,
        high: 31.2,
        confidence: 0.95,
        resamples: 1000,
        p: 0.001,
        verdict: 'faster',
      },
    }),
    okCell('wasm', 60, { batchSize: 128 }),
    okCell('fused', 3, { askedThreads: 2, threads: 2 }),
    okCell('cpu', 670),
    {
      backend: 'node',
      model: 'lenet5',
      batchSize: 32,
      status: 'failed',
      reason: 'exit code <139>',
    },
  ]),
  accuracy: {
    target: 0.98,
    maxEpochs: 20,
    cells: [
      {
        backend: 'fused',
        model: 'lenet5',
        batchSize: 32,
        status: 'ok',
        threads: 1,
        parity: layers,
        runs: [
          {
            seed: 1,
            accuracies: [0.975, 0.982, 0.985],
            epochs: 2,
            seconds: 11,
            trainSeconds: 16,
            evaluateSeconds: 1,
          },
          {
            seed: 2,
            accuracies: [0.981, 0.983],
            epochs: 1,
            seconds: 5,
            trainSeconds: 10,
            evaluateSeconds: 1,
          },
          { seed: 3, accuracies: [0.97, 0.979], trainSeconds: 10, evaluateSeconds: 1 },
        ],
      },
      {
        backend: 'node',
        model: 'lenet5',
        batchSize: 32,
        status: 'failed',
        reason: 'no such thing',
      },
    ],
  },
}

const lineOf = (text: string, start: string) =>
  text.split('\n').filter((line) => line.startsWith(start))

describe('a ratio of too few undisturbed processes', () => {
  const unjudged = {
    ratio: 1.5,
    low: 1.4,
    high: 1.6,
    confidence: 0.95,
    resamples: 1000,
  }
  const few = benchResult([okCell('cpu', 1), okCell('wasm', 1, { versusBaseline: unjudged })])
  const judged = benchResult([
    okCell('cpu', 1),
    okCell('wasm', 1, { versusBaseline: { ...unjudged, p: 0.001, verdict: 'faster' } }),
  ])
  const sentence = 'too few undisturbed processes'

  test('is marked in the table, without an interval, and a sentence below says why', () => {
    expect(benchTable(few)).toMatch(/^wasm .* {2}\? 1\.50 {2}✓/m)
    expect(benchTable(few)).toContain(`?: ${sentence}`)
    expect(benchTable(judged)).toContain('1.50 [1.40, 1.60]')
    expect(benchTable(judged)).not.toContain(sentence)
  })

  test('is marked in the report and in its charts', () => {
    for (const [result, there] of [
      [few, true],
      [judged, false],
    ] as const) {
      const document = benchDocument([{ name: 'a', result }])
      expect(renderHtml(document).includes(`?: ${sentence}`)).toBe(there)
      const drawn = (svg: string) =>
        drawnTexts(svg)
          .map(({ text }) => text)
          .join(' ')
      expect(drawn(benchChart(result)).includes('? ×1.50')).toBe(there)
      expect(drawn(benchChart(result)).includes(sentence)).toBe(there)
      expect(drawn(ratioChart(result)).includes('? × 1.50')).toBe(there)
      expect(drawn(ratioChart(result)).includes('[1.40, 1.60]')).toBe(!there)
    }
  })

  test('is one of too few rounds in turns', () => {
    const inTurns = (repetitions: number) =>
      benchTable({ ...few, protocol: { ...few.protocol, mode: 'turns', repetitions } })
    expect(inTurns(3)).toContain('?: too few rounds')
    expect(inTurns(4)).toContain('1.50 [1.40, 1.60]')
  })
})

test('the phases of a profile and the rest add up to the step above them', () => {
  const time = fc.double({ min: 0, max: 10, noNaN: true })
  fc.assert(
    fc.property(fc.array(time, { minLength: 1, maxLength: 5 }), time, (ms, rest) => {
      const phases = ms.map((each, at) => ({ phase: STEP_PHASES[at]!, ms: each }))
      const sum = ms.reduce((total, each) => total + each, 0)
      const { stepMs, outsideMs } = profiledStep({
        ...profile,
        phases,
        meanStepMs: sum + rest,
      })
      expect(sum + outsideMs).toBeCloseTo(stepMs, 9)
      expect(outsideMs).toBeCloseTo(rest, 9)
    }),
  )
})

describe('the tables of a bench', () => {
  const text = benchTable(whole)

  test('show the time of a step by phase and by kernel', () => {
    expect(lineOf(text, 'wasm lenet5, batch 32').at(0)).toMatch(
      /0\.500 \(11\.1%\) +1\.00 \(22\.2%\) +2\.00 \(44\.4%\) +0\.500 \(11\.1%\) +– +0\.500 \(11\.1%\) +4\.50 +22\.0 +✓/,
    )
    expect(lineOf(text, 'Conv2DBackpropFilter')[0]).toMatch(/backward +2\.00 +1\.50 +33\.3%$/)
  })

  test('show the mean and spread of the time to accuracy over the seeds that reached it, and their number', () => {
    expect(lineOf(text, 'fused lenet5, batch 32')[0]).toMatch(
      / 1 +2 of 3 +8\.00 ± 4\.24 +5\.00–11\.0 +1\.50 ± 0\.707 +0\.9815 +✓/,
    )
    expect(lineOf(text, 'node lenet5, batch 32')[0]).toMatch(/failed: no such thing$/)
  })

  test('print the time of a step that computes nothing', () => {
    expect(text).toContain(
      "the bench's own share of a step, from a backend that computes nothing: 0.0123 ms at batch 32",
    )
  })

  test('mark a ratio that shows no difference', () => {
    const versusBaseline = {
      ratio: 1.01,
      low: 0.97,
      high: 1.04,
      confidence: 0.95,
      resamples: 1000,
      p: 0.6,
      verdict: 'no difference shown',
    } as const
    expect(
      benchTable(benchResult([okCell('cpu', 1), okCell('wasm', 1, { versusBaseline })])),
    ).toContain('≈ 1.01 [0.970, 1.04]')
  })
})

describe('warnings', () => {
  const warn = (
    cell: Partial<BenchOkCell>,
    environment: Partial<BenchResult['environment']> = {},
  ) => {
    const result = benchResult([okCell('wasm', 22, cell)])
    return benchWarnings({ ...result, environment: { ...result.environment, ...environment } })
  }
  const repetition = okCell('wasm', 22).repetitions[0]!
  const marked = (change: number) => ({ ...repetition, trend: { change, p: 0.001, marked: true } })

  test('are none for a quiet machine and steady steps', () => {
    expect(warn({})).toEqual([])
  })

  test.each<[string, Partial<BenchOkCell>, Partial<BenchResult['environment']>, RegExp]>([
    ['a busy machine', {}, { busyAfter: 0.4 }, /not quiet: up to 40\.0%/],
    [
      'disturbed processes',
      { repetitions: [repetition, { ...repetition, disturbed: true, cpuShare: 0.5 }] },
      {},
      /wasm lenet5, batch 32: other programs .* 1 of 2 processes, which do not count \(down to 50\.0%/,
    ],
    [
      'warm-up that had not ended',
      { repetitions: [marked(-0.2), repetition] },
      {},
      /became faster .* 1 of 2 processes, by up to 20\.0%/,
    ],
    [
      'steps that become slower',
      { repetitions: [marked(0.1), marked(0.3)] },
      {},
      /became slower .* 2 of 2 processes, by up to 30\.0%/,
    ],
    [
      'drift from process to process',
      { drift: { change: 0.12, p: 0.004, marked: true } },
      {},
      /later processes were slower .* 12\.0% .*p = 0\.00400/,
    ],
    [
      'a clock that is too coarse',
      {},
      { timer: { resolutionMs: 1, overheadMs: 0 } },
      /shorter than 100 ticks of the clock \(1\.00 ms\)/,
    ],
    [
      'a leak',
      {
        memory: {
          leak: {
            steps: 50,
            tensors: 100,
            tensorBytes: 4e6,
            engineBytes: 0,
            jsBytes: 0,
            marked: true,
          },
        },
      },
      {},
      /grew over 50 steps: 100 tensors \(4 MB\)/,
    ],
    [
      'parity that is lost',
      {
        parity: {
          ...layers,
          ok: false,
          firstDivergence: { layer: '4 maxPool2d', pass: 'backward', relative: 0.5 },
        },
      },
      {},
      /backward pass of layer 4 maxPool2d/,
    ],
  ])('report %s', (_, cell, environment, message) => {
    const warnings = warn(cell, environment)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(message)
  })
})

describe('the document of a bench', () => {
  const document = benchDocument([{ name: 'before', result: whole }])
  const html = renderHtml(document)

  test('has a chart for everything that was measured', () => {
    const figures = document.blocks.flatMap((block) =>
      block.type === 'figure' ? [block.name] : [],
    )
    expect(figures).toEqual([
      'steps',
      'ratios',
      'distributions',
      'processes',
      'phases',
      'scaling-batch-throughput',
      'scaling-batch-step',
      'accuracy',
      'predict',
    ])
  })

  test('has parity layer by layer, memory and the machine', () => {
    const tables = document.blocks.flatMap((block) =>
      block.type === 'table'
        ? [
            block.rows
              .map((row) => row.map((cell) => (typeof cell === 'string' ? cell : '')).join(' | '))
              .join('\n'),
          ]
        : [],
    )
    expect(
      tables.some((text) =>
        text.includes('conv2d_1/kernel | 3.0e-6 / 0 | 3.0e-6 / 0 | 3.0e-6 / 0'),
      ),
    ).toBe(true)
    expect(
      tables.some((text) =>
        text.includes(
          'wasm lenet5, batch 32 | 234 | 12 | 56 | 3.10 | 21 | 0.800 | none that matters',
        ),
      ),
    ).toBe(true)
    expect(tables.some((text) => text.includes('governor | not told'))).toBe(true)
  })

  test('is one file without scripts or addresses, even if a reason contains HTML', () => {
    expect(html).toContain('exit code &lt;139&gt;')
    expect(html).not.toMatch(/<script|src="http|href="http/)
  })

  test('puts several files beside each other', () => {
    const both = benchDocument([
      { name: 'before', result: whole },
      { name: 'after', result: benchResult() },
    ])
    expect(renderMarkdown(both, 'figures').markdown).toMatch(
      /## Side by side[\s\S]*## Training step: before[\s\S]*## Training step: after/,
    )
    expect(() => benchDocument([])).toThrow(/at least one/)
  })

  test('can be made for the rest of an interrupted run', () => {
    const nothing: BenchResult = { ...benchResult([]), status: 'interrupted', overhead: [] }
    expect(renderHtml(benchDocument([{ name: 'x', result: nothing }]))).toContain('interrupted')
  })
})

describe('a comparison', () => {
  const interval = { ratio: 1.1, low: 1.08, high: 1.12, confidence: 0.95, resamples: 1000 }
  const evidence = {
    ratio: interval,
    p: 0.0002,
    smallestP: 0.0001,
    counts: [8, 7] as const,
    yardstick: 1.002,
    why: 'it could be chance',
  }
  const [a, b] = [okCell('wasm', 10), okCell('wasm', 11)]
  const comparison: ResultComparison = {
    cells: [
      { name: b, a, b, comparison: { ...evidence, verdict: 'slower' } },
      {
        name: okCell('cpu', 1),
        a,
        b,
        comparison: { ...evidence, verdict: 'no difference shown', p: 0.3 },
      },
      { name: okCell('node', 1), a, lost: 'failed: exit code 139' },
      { name: okCell('fused', 1), b },
    ],
    machine: [],
    software: [{ what: 'node', a: 'v20', b: 'v22' }],
    protocol: [],
  }
  const texts = { a: 'a.json', b: 'b.json', alpha: 0.05, minEffect: 0.03 }

  test('gives a verdict for each cell with its evidence and parity', () => {
    const text = comparisonTable(comparison, texts)
    expect(lineOf(text, 'wasm')[0]).toMatch(
      /10\.0 +11\.0 +1\.100 \[1\.080, 1\.120\] +0\.0002 +8 \/ 7 +▼ slower +✓ loss/,
    )
    expect(lineOf(text, 'cpu')[0]).toMatch(/≈ no difference shown: it could be chance/)
    expect(lineOf(text, 'node')[0]).toMatch(/✗ failed: exit code 139/)
    expect(lineOf(text, 'fused')[0]).toMatch(/new/)
    expect(text).toContain('software differ: node: v20 → v22')
    expect(text).toContain('yardstick, b.json / a.json: the same')
  })

  test('begins with the verdict in Markdown', () => {
    expect(comparisonMarkdown(comparison, texts)).toMatch(
      /^## Benchmark: 1 lost, 1 slower, 1 with no difference shown\n\n\| cell /,
    )
  })
})

test.skipIf(skipTables)(
  'no table of a report is cut, in any window and on A4 (no Chromium found: set CHROMIUM_PATH)',
  async () => {
    const seen = await seeTables(renderHtml(benchDocument([{ name: 'a', result: whole }])))
    expect(seen.flatMap(({ cut }) => cut)).toEqual([])
    expect(seen.at(-1)!.width).toBe(210)
    for (const { tables } of seen) expect(tables).toBeGreaterThan(6)
  },
)

test('the tables in a terminal are no wider than it, and name the row in every part', () => {
  const lines = benchTable(whole, 80).split('\n')
  const rules = lines.filter((line) => line.startsWith('─'))
  expect(rules.length).toBeGreaterThan(6)
  for (const rule of rules) expect(rule.length).toBeLessThanOrEqual(80)
  expect(lines.filter((line) => /^engine +model +batch/.test(line)).length).toBeGreaterThan(3)
  for (const header of ['ms/step ± MAD', 'peak MB', 'tensors'])
    expect(lines.some((line) => line.includes(header))).toBe(true)
})
