// A report as a person sees it: laid out by a browser, wide and narrow, light and dark.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { barChart, confusionHeatmap, lineChart } from '../src/charts/index.js'
import {
  code,
  digitPicture,
  figure,
  heading,
  pictureSheet,
  renderHtml,
  table,
} from '../src/index.js'
import { findBrowser } from '@mnist-lab/core/node'

const found = await findBrowser('chromium')
const chromium = found.ok ? found.path : undefined
// A machine that must have one fails here instead of skipping.
const required = process.env['REQUIRE_CHROMIUM'] === '1'

const curves = {
  title: 'Validation accuracy of three models by epoch',
  x: { title: 'epoch' },
  y: { title: 'accuracy' },
  referenceName: 'the original',
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
      name: 'softmax once',
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
const mistakes = {
  title: 'Mistakes',
  pictures: Array.from({ length: 12 }, () => ({
    picture: digitPicture(new Uint8Array(784).fill(90)),
    label: ['3 read as 5', '99.8%'],
  })),
}
const page = renderHtml({
  title: 'A study of a-very-long-name-that-cannot-be-broken-anywhere-at-all-and-goes-on',
  subtitle: 'made for a test',
  blocks: [
    heading(2, 'Figures'),
    figure('curves', 'Curves.', (size) => lineChart(curves, size)),
    figure('accuracies', 'Accuracies.', (size) => barChart(accuracies, size)),
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
  readonly ink: string
  readonly paper: string
}

/** Runs in the page around: measures what the browser has laid out. */
const MEASURE = `
  const measure = (frame) => {
    const { document, window } = { document: frame.contentDocument, window: frame.contentWindow }
    const collisions = []
    const visible = [...document.querySelectorAll('figure > div > svg')].filter((svg) => svg.getBoundingClientRect().width > 0)
    let smallest = Infinity
    for (const svg of visible) {
      const frame = svg.getBoundingClientRect()
      const texts = [...svg.querySelectorAll('text')].map((text) => ({ words: text.textContent, box: text.getBoundingClientRect(), size: parseFloat(window.getComputedStyle(text).fontSize) * frame.width / svg.viewBox.baseVal.width }))
      for (const { words, box, size } of texts) {
        smallest = Math.min(smallest, size)
        if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) collisions.push('outside: ' + words)
      }
      texts.forEach((a, at) => texts.slice(at + 1).forEach((b) => {
        const inset = 2
        if (a.box.left + inset < b.box.right - inset && b.box.left + inset < a.box.right - inset && a.box.top + inset < b.box.bottom - inset && b.box.top + inset < a.box.bottom - inset) collisions.push(a.words + ' / ' + b.words)
      }))
    }
    return {
      width: frame.clientWidth, overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth, collisions, drawings: visible.length, smallest,
      ink: window.getComputedStyle(visible[0].querySelector('[fill="#222222"]')).fill, paper: window.getComputedStyle(document.body).backgroundColor,
    }
  }
  addEventListener('load', () => { document.body.textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(measure)) })
`

describe.skipIf(chromium === undefined && !required)(
  'a report in Chromium (none found: set CHROMIUM_PATH)',
  () => {
    let folder: string
    let seen: Seen[]
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mnist-lab-page-'))
      const quoted = page.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
      const frames = [
        [1280, 'light'],
        [390, 'light'],
        [390, 'dark'],
      ].map(
        ([width, scheme]) =>
          `<iframe style="width:${width}px;height:900px;border:0;color-scheme:${scheme}" srcdoc="${quoted}"></iframe>`,
      )
      const file = join(folder, 'around.html')
      await writeFile(
        file,
        `<!doctype html><meta charset="utf-8"><body>${frames.join('')}<script>${MEASURE}</script></body>`,
      )
      const { stdout } = await promisify(execFile)(
        chromium ?? 'chromium',
        [
          '--headless',
          '--disable-gpu',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
          '--disable-quic',
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          `--user-data-dir=${join(folder, 'profile')}`,
          '--dump-dom',
          `file://${file}`,
        ],
        { maxBuffer: 2 ** 26, timeout: 60_000 },
      )
      seen = JSON.parse(/\[\{.*\}\]/s.exec(stdout)![0]) as Seen[]
    })
    afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))

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

    test('has no text on another, and none too small to read', () => {
      for (const { collisions, smallest } of seen) {
        expect(collisions).toEqual([])
        expect(smallest).toBeGreaterThan(9)
      }
    })

    test('is dark on a dark screen, charts too', () => {
      expect(seen.map(({ ink, paper }) => [ink, paper])).toEqual([
        ['rgb(34, 34, 34)', 'rgb(255, 255, 255)'],
        ['rgb(34, 34, 34)', 'rgb(255, 255, 255)'],
        ['rgb(232, 232, 232)', 'rgb(21, 24, 28)'],
      ])
    })
  },
)
