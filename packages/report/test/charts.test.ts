import { describe, expect, test } from 'vitest'
import {
  barChart,
  confusionHeatmap,
  distributionChart,
  lineChart,
  scalingChart,
  stackedBarChart,
  tickText,
} from '../src/charts/index.js'
import { collisions, drawnTexts } from './fixtures/drawn-texts.js'

const texts = (svg: string) => drawnTexts(svg).map(({ text }) => text)
const epochs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

const lines = {
  title: 'Validation accuracy',
  x: { title: 'epoch' },
  y: { title: 'accuracy' },
  referenceName: 'another program',
  bandName: 'lowest to highest of 5 seeds',
  series: ['LeNet-5', 'CustomMLP', 'LeNet-5 regularised'].map((name, at) => ({
    name,
    points: epochs.map((epoch) => [epoch, 1 - (0.1 + at * 0.05) / epoch] as const),
    band: epochs.map(
      (epoch) =>
        [epoch, 0.99 - (0.1 + at * 0.05) / epoch, 1.01 - (0.1 + at * 0.05) / epoch] as const,
    ),
    reference: epochs.map((epoch) => [epoch, 1 - (0.11 + at * 0.05) / epoch] as const),
  })),
}
const bars = {
  title: 'Milliseconds of a training step by backend and model',
  axis: { title: 'ms a step', log: true },
  groups: ['lenet5, batch 32', 'custom-mlp, batch 32'].map((name) => ({
    name,
    rows: [
      {
        name: 'fused',
        value: 3,
        interval: [2.8, 4.4] as const,
        label: '3.00 ms',
        note: '×148; parity ✓ loss 1.1e-9, weights 1.5e-8',
      },
      { name: 'node', label: 'unavailable', note: 'not installed; run pnpm setup:native' },
    ],
  })),
}
const phases = {
  title: 'Where a step goes',
  axis: { title: 'ms a step' },
  parts: ['data', 'forward', 'backward', 'update', 'synchronise'],
  groups: [
    {
      rows: [
        { name: 'fused', values: [0.1, 1, 1.7, 0.2, 0], label: '3.00 ms' },
        { name: 'wasm', values: [0.3, 4, 7, 1, 0.2], label: '12.5 ms' },
      ],
    },
  ],
}
const samples = {
  title: 'Every timed step',
  axis: { title: 'ms' },
  groups: [
    {
      name: 'lenet5',
      rows: [
        { name: 'fused', samples: Array.from({ length: 400 }, (_, at) => 3 + (at % 37) / 20) },
        { name: 'wasm', samples: [] },
      ],
    },
  ],
}
const scaling = {
  title: 'Images a second',
  x: { title: 'batch size' },
  y: { title: 'images/s' },
  series: [
    {
      name: 'fused',
      points: [
        [1, 900],
        [8, 5000],
        [32, 11000],
        [128, 14000],
        [512, 15000],
      ] as const,
    },
  ],
}
const confusion = {
  title: 'Confusion',
  names: Array.from('0123456789'),
  counts: Uint32Array.from({ length: 100 }, (_, at) => (at % 11 === 0 ? 1100 + at : at % 7)),
}

const charts: readonly [string, (size?: { width: number }) => string][] = [
  ['lineChart', (size) => lineChart(lines, size)],
  ['barChart', (size) => barChart(bars, size)],
  ['stackedBarChart', (size) => stackedBarChart(phases, size)],
  ['distributionChart', (size) => distributionChart(samples, size)],
  ['scalingChart', (size) => scalingChart(scaling, size)],
  ['confusionHeatmap', (size) => confusionHeatmap(confusion, size)],
]

describe.each(charts)('%s', (_, draw) => {
  test('is one SVG that loads nothing and runs nothing', () => {
    const svg = draw()
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" class="mnist-lab-chart" width="\d+" height="\d+" viewBox="0 0 \d+ \d+" role="img" aria-label="[^"]+">/,
    )
    expect(svg).toMatch(/<\/svg>\n$/)
    expect(svg).not.toMatch(/<script|<image|href="http|@import|ecmeta|NaN|undefined|Infinity/)
  })

  test('gives the same bytes every time, independent of earlier charts', () => {
    const first = draw()
    barChart(bars)
    expect(draw()).toBe(first)
  })

  test('shares no id with another chart', () => {
    const idsOf = (svg: string) => [...svg.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    const others = charts.flatMap(([, other]) =>
      other === draw ? [] : [...idsOf(other()), ...idsOf(other({ width: 360 }))],
    )
    for (const id of idsOf(draw())) expect(others).not.toContain(id)
  })

  test('has a second value for dark paper for every colour that changes', () => {
    const svg = draw()
    const [, style] = svg.match(/<style>([\s\S]*?)<\/style>/)!
    for (const [, paint, colour] of svg.matchAll(/ (fill|stroke)="(#\w+)"/g)) {
      // The colour of a clip is not shown, and dark text on a light bar stays dark.
      if (colour === '#000' || colour === '#1a1a1a') continue
      expect(style).toContain(`[${paint!}="${colour!}"]{${paint!}:var(--chart-`)
    }
    expect(style).toContain(
      '@media screen and (prefers-color-scheme:dark){.mnist-lab-chart{--chart-paper:',
    )
  })

  test.each([840, 360])('has no text on another or outside at %i pixels', (width) => {
    const svg = draw({ width })
    expect(collisions(svg)).toEqual([])
    expect(
      Math.min(
        ...[...svg.matchAll(/font(?:-size:|:)(?:bold )?(\d+)px/g)].map(([, size]) => Number(size)),
      ),
    ).toBeGreaterThanOrEqual(10)
  })
})

describe('lineChart', () => {
  test('has axes, series and what dashed lines and bands are', () => {
    expect(texts(lineChart(lines))).toEqual(
      expect.arrayContaining([
        'Validation accuracy',
        'epoch',
        'accuracy',
        'LeNet-5',
        'CustomMLP',
        'LeNet-5 regularised',
        'another program',
        'lowest to highest of 5 seeds',
        '1',
        '10',
      ]),
    )
  })

  test('draws a dashed line for each reference and an area for each band, in the colour of the series', () => {
    const svg = lineChart(lines)
    for (const colour of ['#0072b2', '#d55e00', '#009e73']) {
      expect(svg).toMatch(new RegExp(`stroke="${colour}"[^>]*stroke-dasharray`))
      expect(svg).toMatch(new RegExp(`fill="${colour}"[^>]*(?:fill-)?opacity="0.22"`))
    }
  })

  test('escapes names', () => {
    const svg = lineChart({
      ...lines,
      title: '<b>"&',
      series: [{ ...lines.series[0]!, name: '</text><script>' }],
    })
    expect(svg).toContain('aria-label="&lt;b&gt;&quot;&amp;"')
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;')
    expect(svg).not.toContain('<script')
  })

  test('does not change a text that looks like an id', () => {
    expect(texts(lineChart({ ...lines, title: 'zr0-c0 class="a"' }))).toContain(
      'zr0-c0 class=&quot;a&quot;',
    )
  })

  test('leaves gaps for values that are not numbers, also in bands', () => {
    const svg = lineChart({
      ...lines,
      series: [
        {
          name: 'diverged',
          points: [
            [1, 2],
            [2, Number.NaN],
            [3, Infinity],
          ],
          band: [
            [1, 1, 3],
            [2, Number.NaN, 4],
            [3, 1, 2],
          ],
        },
      ],
    })
    expect(svg).not.toMatch(/NaN|Infinity/)
  })

  test('keeps room for the lines under a long legend', () => {
    const many = {
      ...lines,
      series: Array.from({ length: 12 }, (_, at) => ({
        name: `lenet5-regularized, wasm, seed ${at}`,
        points: [
          [1, at],
          [2, at],
        ] as const,
      })),
    }
    for (const width of [840, 360]) {
      const svg = lineChart(many, { width })
      expect(collisions(svg)).toEqual([])
      const ticks = drawnTexts(svg).filter(({ text, right }) => /^\d+$/.test(text) && right < 60)
      expect(
        Math.max(...ticks.map(({ bottom }) => bottom)) - Math.min(...ticks.map(({ top }) => top)),
      ).toBeGreaterThan(120)
    }
  })

  test('is drawn without any point, with one, and with thousands', () => {
    for (const points of [
      [],
      [[1, 0.5]] as const,
      Array.from({ length: 5000 }, (_, at) => [at, 1 / (at + 1)] as const),
    ]) {
      const svg = lineChart({ ...lines, series: [{ name: 'a', points }] })
      expect(svg).not.toMatch(/NaN|Infinity/)
      expect(texts(svg)).toContain('epoch')
    }
  })
})

test('barChart draws a dot where the axis does not begin at 0, else a bar from 0', () => {
  const rows = [{ rows: [{ name: 'a', value: 0.98 }] }]
  const circle = '<circle '
  expect(barChart({ title: 't', axis: { title: 'x', min: 0.9, max: 1 }, groups: rows })).toContain(
    circle,
  )
  expect(barChart({ title: 't', axis: { title: 'x' }, groups: rows })).not.toContain(circle)
})

test.each([
  [
    'barChart',
    () =>
      barChart({
        title: 't',
        axis: { title: 'x', log: true },
        groups: [
          {
            rows: [Number.NaN, Infinity, 0, -1].map((value) => ({
              name: 'a',
              value,
              interval: [value, 1] as const,
            })),
          },
        ],
      }),
  ],
  [
    'distributionChart',
    () =>
      distributionChart({
        title: 't',
        axis: { title: 'x' },
        groups: [
          {
            rows: [
              { name: 'a', samples: [Number.NaN, Infinity] },
              { name: 'b', samples: [1] },
            ],
          },
        ],
      }),
  ],
  [
    'stackedBarChart',
    () =>
      stackedBarChart({
        title: 't',
        axis: { title: 'x' },
        parts: ['a'],
        groups: [{ rows: [{ name: 'r', values: [0] }] }],
      }),
  ],
])('%s is drawn without anything to draw', (_, draw) => {
  expect(draw()).not.toMatch(/NaN|Infinity/)
})

test.each([840, 360])(
  'confusionHeatmap of 47 classes with long names has no text on another at %i pixels',
  (width) => {
    const names = Array.from({ length: 47 }, (_, at) => `class number ${at}`)
    expect(
      collisions(
        confusionHeatmap(
          { title: 'EMNIST', names, counts: new Uint32Array(47 * 47).fill(3) },
          { width },
        ),
      ),
    ).toEqual([])
  },
)

test('scalingChart has a tick at every x that was measured', () => {
  expect(texts(scalingChart(scaling))).toEqual(
    expect.arrayContaining(['1', '8', '32', '128', '512']),
  )
})

test('stackedBarChart writes the share into segments that are wide enough', () => {
  const all = texts(stackedBarChart(phases))
  expect(all).toEqual(expect.arrayContaining(['data', 'synchronise', '56%', '32%']))
  expect(all).not.toContain('0%')
})

test('confusionHeatmap has every count, zeros as dots', () => {
  const all = texts(
    confusionHeatmap({ title: 't', names: ['cat', 'dog'], counts: [90, 10, 0, 77] }),
  )
  expect(all).toEqual(
    expect.arrayContaining(['cat', 'dog', 'true', 'predicted', '90', '10', '77', '·']),
  )
})

test('tickText writes numbers without rounding errors, with commas between thousands', () => {
  expect([0, 0.25, 0.30000000000000004, 12345, 5e-7, 1e-9, -3].map(tickText)).toEqual([
    '0',
    '0.25',
    '0.3',
    '12,345',
    '5e-7',
    '1e-9',
    '-3',
  ])
})
