import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { current, curves } from '../state.ts'
import { theme } from './theme.tsx'

type Quantity = 'loss' | 'accuracy'

/** The height of a chart in CSS pixels. */
const HEIGHT = 200

/**
 * Draws the loss and the accuracy while the model trains: a line for the training steps, and a
 * point per epoch for the test images.
 */
export function Curves() {
  return (
    <section class="card wide" aria-labelledby="curves-title">
      <h2 id="curves-title">Learning curves</h2>
      <div class="curves">
        <Curve quantity="loss" title="Loss" />
        <Curve quantity="accuracy" title="Accuracy" />
      </div>
      <p class="hint">
        <span class="key line" /> training batches, averaged over a tenth of a second{' '}
        <span class="key point" /> all test images, after each epoch
      </p>
    </section>
  )
}

function Curve({ quantity, title }: { readonly quantity: Quantity; readonly title: string }) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  useEffect(() => {
    const element = holder.current!
    const chart = new uPlot(options(quantity, element.clientWidth), data(quantity), element)
    plot.current = chart
    const resized = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    )
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => chart.redraw(false, true)
    scheme.addEventListener('change', redraw)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', redraw)
      chart.destroy()
    }
  }, [quantity])
  const [points, colours] = [curves.value, theme.value]
  useEffect(() => {
    plot.current?.setData(data(quantity))
  }, [points, colours, quantity])
  const last = points.test.at(-1)
  const newest = points[quantity].at(-1)
  const summary = `${title}: ${newest === undefined ? 'no points yet' : `${newest.toFixed(3)} in training`}${last === undefined ? '' : `, ${last[quantity].toFixed(4)} on the test images after epoch ${last.at}`}`
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div class="curve" ref={holder} role="img" aria-label={summary} />
    </figure>
  )
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

function options(quantity: Quantity, width: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  const lineColour = quantity === 'loss' ? '--loss' : '--accuracy'
  return {
    width: Math.max(width, 100),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: {
        time: false,
        range: (_chart, _low, high) => [
          0,
          Math.max(current.value?.run.epochsPlanned ?? 1, Math.ceil(high ?? 1)),
        ],
      },
      y: { range: (_chart, low, high) => rangeOf(quantity, low, high) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_chart, ticks) =>
          ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : '')),
      },
      {
        ...axis,
        size: 44,
        values: (_chart, ticks) =>
          ticks.map((tick) =>
            quantity === 'accuracy' ? `${Math.round(tick * 100)} %` : tick.toFixed(1),
          ),
      },
    ],
    series: [
      {},
      { stroke: () => colour(lineColour), width: 1.5, points: { show: false }, spanGaps: true },
      {
        stroke: () => colour('--ink'),
        width: 2,
        spanGaps: true,
        points: {
          show: true,
          size: 8,
          fill: () => colour(lineColour),
          stroke: () => colour('--ink'),
        },
      },
    ],
  }
}

/**
 * Returns the range of the vertical axis. Before there are points it is the range that the first
 * ones will need.
 */
function rangeOf(quantity: Quantity, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, quantity === 'loss' ? 2.5 : 1]
  return quantity === 'loss'
    ? [0, Math.max(high, 0.1) * 1.05]
    : [Math.min(Math.floor(low * 10) / 10, 0.9), 1]
}

/** Returns both series as columns over one axis of epochs. */
function data(quantity: Quantity): uPlot.AlignedData {
  const { at, test, ...values } = curves.value
  const rows = new Map(
    at.map((x, i) => [x, { train: values[quantity][i] ?? null, test: null as number | null }]),
  )
  // Points at the same position share a row: of two rows at the right edge, uPlot draws only the
  // first.
  for (const point of test)
    rows.set(point.at, { train: rows.get(point.at)?.train ?? null, test: point[quantity] })
  const sorted = [...rows].sort(([a], [b]) => a - b)
  return [
    sorted.map(([x]) => x),
    sorted.map(([, { train }]) => train),
    sorted.map(([, row]) => row.test),
  ]
}
