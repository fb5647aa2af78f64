import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { current, curves } from '../lab.ts'
import { theme } from './theme-button.tsx'

type Figure = 'loss' | 'accuracy'

/** Loss and accuracy as they come: of training steps a line, of the test images a point an epoch. */
export function Curves() {
  return (
    <section class="card wide" aria-labelledby="curves-title">
      <h2 id="curves-title">Learning curves</h2>
      <div class="curves">
        <Curve figure="loss" title="Loss" />
        <Curve figure="accuracy" title="Accuracy" />
      </div>
      <p class="hint">
        <span class="key line" /> training, the last tenth of a second <span class="key point" />{' '}
        all test images, after an epoch
      </p>
    </section>
  )
}

function Curve({ figure, title }: { readonly figure: Figure; readonly title: string }) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  useEffect(() => {
    const element = holder.current!
    const chart = new uPlot(options(figure, element.clientWidth), data(figure), element)
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
  }, [figure])
  const [points, colours] = [curves.value, theme.value]
  useEffect(() => {
    plot.current?.setData(data(figure))
  }, [points, colours, figure])
  const last = points.test.at(-1)
  const newest = points[figure].at(-1)
  const summary = `${title}: ${newest === undefined ? 'nothing yet' : `${newest.toFixed(3)} in training`}${last === undefined ? '' : `, ${last[figure].toFixed(4)} on the test images after epoch ${last.at}`}`
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div class="curve" ref={holder} role="img" aria-label={summary} />
    </figure>
  )
}

const HEIGHT = 200

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

function options(figure: Figure, width: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  const from = figure === 'loss' ? '--loss' : '--accuracy'
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
      y: { range: (_chart, low, high) => rangeOf(figure, low, high) },
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
            figure === 'accuracy' ? `${Math.round(tick * 100)} %` : tick.toFixed(1),
          ),
      },
    ],
    series: [
      {},
      { stroke: () => colour(from), width: 1.5, points: { show: false }, spanGaps: true },
      {
        stroke: () => colour('--ink'),
        width: 2,
        spanGaps: true,
        points: { show: true, size: 8, fill: () => colour(from), stroke: () => colour('--ink') },
      },
    ],
  }
}

/** Before there is a point, what the first ones will be in. */
function rangeOf(figure: Figure, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, figure === 'loss' ? 2.5 : 1]
  return figure === 'loss'
    ? [0, Math.max(high, 0.1) * 1.05]
    : [Math.min(Math.floor(low * 10) / 10, 0.9), 1]
}

/** Both series on one axis of epochs. */
function data(figure: Figure): uPlot.AlignedData {
  const { at, test, ...values } = curves.value
  const rows = new Map(
    at.map((x, i) => [x, { train: values[figure][i] ?? null, test: null as number | null }]),
  )
  // A row each: of two at the right edge uPlot draws the first.
  for (const point of test)
    rows.set(point.at, { train: rows.get(point.at)?.train ?? null, test: point[figure] })
  const sorted = [...rows].sort(([a], [b]) => a - b)
  return [
    sorted.map(([x]) => x),
    sorted.map(([, { train }]) => train),
    sorted.map(([, row]) => row.test),
  ]
}
