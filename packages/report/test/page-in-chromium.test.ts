// A report as a person sees it: laid out by a browser, wide and narrow, light and dark.
import { findBrowser } from '@mnist-lab/core/node'
import { type Browser, chromium as playwright } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { barChart, confusionHeatmap, lineChart, stackedBarChart } from '../src/charts/index.js'
import {
  code,
  digitPicture,
  figure,
  heading,
  pictureSheet,
  renderHtml,
  table,
} from '../src/index.js'

const found = await findBrowser('chromium')
const chromium = found.ok ? found.path : undefined
// A machine that must have one fails here instead of skipping.
const required = process.env['REQUIRE_CHROMIUM'] === '1'

const curves = {
  title: 'Validation accuracy of three models by epoch',
  x: { title: 'epoch' },
  y: { title: 'accuracy' },
  referenceName: 'another program',
  bandName: 'lowest to highest of 5 seeds',
  series: ['LeNet-5', 'CustomMLP', 'LeNet-5 regularised'].map((name, at) => ({
    name,
    points: [
      [1, 0.9 - at / 50],
      [2, 0.95],
      [10, 0.98],
    ] as const,
    reference: [
      [1, 0.89],
      [10, 0.97],
    ] as const,
    band: [
      [1, 0.88, 0.92],
      [10, 0.97, 0.99],
    ] as const,
  })),
}
const accuracies = {
  title: 'Test accuracy, mean of 5 seeds and its 95% interval',
  axis: { title: 'accuracy', min: 0.9, max: 1 },
  groups: [
    {
      name: 'the first loss',
      rows: [
        {
          name: 'LeNet-5',
          value: 0.989,
          interval: [0.987, 0.991] as const,
          label: '0.9890 [0.9870, 0.9910]',
        },
      ],
    },
  ],
}
const times = {
  title: 'Where the time of one step goes',
  axis: { title: 'milliseconds' },
  parts: ['convolutions', 'dense layers', 'the rest'],
  groups: [
    {
      rows: ['LeNet-5', 'CustomMLP'].map((name, at) => ({
        name,
        values: [1.2 - at, 0.3, 0.1],
        label: `${(1.6 - at).toFixed(2)} ms`,
      })),
    },
  ],
}
const mistakes = {
  title: 'Mistakes',
  pictures: Array.from({ length: 12 }, () => ({
    picture: digitPicture(new Uint8Array(784).fill(90)),
    label: ['3 read as 5', '99.8%'],
  })),
}
const page = renderHtml({
  title: 'A report of a-very-long-name-that-cannot-be-broken-anywhere-at-all-and-goes-on',
  subtitle: 'made for a test',
  blocks: [
    heading(2, 'Figures'),
    figure('curves', 'Curves.', (size) => lineChart(curves, size)),
    figure('accuracies', 'Accuracies.', (size) => barChart(accuracies, size)),
    figure('times', 'Times.', (size) => stackedBarChart(times, size)),
    figure('confusion', 'Confusion.', (size) =>
      confusionHeatmap(
        {
          title: 'Confusion',
          names: Array.from('0123456789'),
          counts: new Uint32Array(100).fill(1000),
        },
        size,
      ),
    ),
    figure('mistakes', 'Mistakes.', (size) => pictureSheet(mistakes, size)),
    heading(2, 'Tables'),
    table(
      Array.from({ length: 14 }, (_, at) => ({ header: `column ${at}` })),
      [Array.from({ length: 14 }, () => '0.12345')],
    ),
    code('x'.repeat(300)),
  ],
})

interface Seen {
  readonly width: number
  /** Pixels that the page is wider than its window. */
  readonly overflow: number
  /** Texts of drawings that lie on each other or leave their drawing. */
  readonly collisions: readonly string[]
  readonly drawings: number
  readonly smallest: number
  /** Pixels of a text in the charts' font. */
  readonly textWidth: number
  readonly ink: string
  readonly paper: string
}

/** Runs in the page: measures what the browser has laid out. */
const MEASURE = `(() => {
  const collisions = []
  const visible = [...document.querySelectorAll('figure > div > svg')].filter((svg) => svg.getBoundingClientRect().width > 0)
  let smallest = Infinity
  for (const svg of visible) {
    const frame = svg.getBoundingClientRect()
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      words: text.textContent,
      box: text.getBoundingClientRect(),
      size: parseFloat(getComputedStyle(text).fontSize) * frame.width / svg.viewBox.baseVal.width,
    }))
    for (const { words, box, size } of texts) {
      smallest = Math.min(smallest, size)
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        collisions.push('outside: ' + words)
    }
    const inset = 2
    const meet = (a, b) => a.left + inset < b.right - inset && b.left + inset < a.right - inset
      && a.top + inset < b.bottom - inset && b.top + inset < a.bottom - inset
    texts.forEach((a, at) => texts.slice(at + 1).forEach((b) => {
      if (meet(a.box, b.box)) collisions.push(a.words + ' / ' + b.words)
    }))
  }
  return {
    width: innerWidth,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    collisions,
    drawings: visible.length,
    smallest,
    textWidth: (() => {
      const context = document.createElement('canvas').getContext('2d')
      context.font = '100px Arial, Helvetica, Liberation Sans, sans-serif'
      return context.measureText('Validation accuracy').width
    })(),
    ink: getComputedStyle(visible[0].querySelector('[fill="#222222"]')).fill,
    paper: getComputedStyle(document.body).backgroundColor,
  }
})()`

describe.skipIf(chromium === undefined && !required)(
  'a report in Chromium (none found: set CHROMIUM_PATH)',
  () => {
    let browser: Browser
    const seen: Seen[] = []
    beforeAll(async () => {
      browser = await playwright.launch({
        executablePath: chromium ?? 'chromium',
        args: ['--disable-quic'],
      })
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [390, 'light'],
        [390, 'dark'],
      ] as const) {
        const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
        await tab.setContent(page)
        seen.push(await tab.evaluate<Seen>(MEASURE))
        await tab.close()
      }
    })
    afterAll(() => browser?.close())

    test('shows all figures, one drawing each, at 1280 and 390 pixels', () => {
      expect(seen.map(({ width, drawings }) => [width, drawings])).toEqual([
        [1280, 5],
        [390, 5],
        [390, 5],
      ])
    })

    test('is no wider than its window: tables and code scroll in their own boxes', () => {
      expect(seen.map(({ overflow }) => overflow)).toEqual([0, 0, 0])
    })

    test('has no text on another, and none too small to read', ({ skip }) => {
      // Charts are laid out for fonts as wide as Arial. This text is 867 pixels wide in Arial and
      // 977 in DejaVu Sans.
      const fits = seen.every(({ textWidth }) => textWidth < 900)
      skip(!fits && !required, 'no font is as wide as Arial: install fonts-liberation')
      for (const { collisions, smallest } of seen) {
        expect(collisions).toEqual([])
        expect(smallest).toBeGreaterThan(9)
      }
    })

    test('applies its own style sheets only, and runs no script', async () => {
      const tab = await browser.newPage()
      await tab.addInitScript(
        "globalThis.blocked = []; addEventListener('securitypolicyviolation', ({ effectiveDirective }) => blocked.push(effectiveDirective))",
      )
      await tab.route('http://report.invalid/', (route) =>
        route.fulfill({ contentType: 'text/html', body: page }),
      )
      await tab.goto('http://report.invalid/')
      expect(await tab.evaluate('blocked')).toEqual([])
      await tab.evaluate(`(() => {
        document.body.insertAdjacentHTML('beforeend', '<style>body{color:red}</style>' +
          '<p style="color:red">a</p><img src="data:," onerror="globalThis.injected = true">')
        const script = document.createElement('script')
        script.textContent = 'globalThis.injected = true'
        document.body.append(script)
      })()`)
      await expect
        .poll(async () => (await tab.evaluate<string[]>('blocked')).toSorted())
        .toEqual(['script-src-attr', 'script-src-elem', 'style-src-attr', 'style-src-elem'])
      expect(await tab.evaluate('globalThis.injected')).toBeUndefined()
      await tab.close()
    })

    test('is dark on a dark screen, with its charts', () => {
      expect(seen.map(({ ink, paper }) => [ink, paper])).toEqual([
        ['rgb(34, 34, 34)', 'rgb(255, 255, 255)'],
        ['rgb(34, 34, 34)', 'rgb(255, 255, 255)'],
        ['rgb(232, 232, 232)', 'rgb(21, 24, 28)'],
      ])
    })
  },
)
