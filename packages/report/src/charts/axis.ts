import { INK, MUTED, RULE } from '../theme.js'

/** One axis of a chart. */
export interface Axis {
  /** The quantity and its unit. */
  readonly title: string
  /** The lowest value. @default from the data */
  readonly min?: number
  /** The highest value. @default from the data */
  readonly max?: number
  /** Whether the axis is logarithmic. All values must then be above 0. @default false */
  readonly log?: boolean
  /** The values with a label. @default evenly spaced round numbers */
  readonly ticks?: readonly number[]
  /** @default {@link tickText} */
  readonly format?: (value: number) => string
}

/** Formats a value for an axis: `0.25`, `1,000`, `5e-7`. */
export function tickText(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return Number(value.toPrecision(3)).toExponential()
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 6 })
}

/**
 * Returns the options of an axis for ECharts.
 *
 * @param values the values that are drawn along the axis
 * @param rules whether lines cross the chart at the ticks
 */
export function axisOption(
  { title, format = tickText, ...axis }: Axis,
  values: readonly number[],
  { rules, nameGap = 28 }: { rules: boolean; nameGap?: number },
) {
  const { min, max, ticks } = axis.log === true ? logarithmic(axis, values) : axis
  const customValues = ticks === undefined ? {} : { customValues: [...ticks] }
  return {
    type: axis.log === true ? ('log' as const) : ('value' as const),
    name: title,
    nameLocation: 'middle' as const,
    nameGap,
    nameTextStyle: { color: INK },
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    scale: true,
    ...(values.every(Number.isInteger) ? { minInterval: 1 } : {}),
    axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
    axisTick: { show: true, lineStyle: { color: MUTED }, ...customValues },
    axisLabel: { color: INK, hideOverlap: true, formatter: format, ...customValues },
    splitLine: { show: rules, lineStyle: { color: RULE }, ...customValues },
  }
}

/**
 * Returns bounds at 1, 2 or 5 times a power of ten, and ticks between them. Powers of ten are
 * enough if there are four.
 */
function logarithmic(axis: Omit<Axis, 'title'>, values: readonly number[]) {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value))
  const lowest = axis.min ?? Math.min(...positive, Number.MAX_VALUE)
  const highest = axis.max ?? Math.max(...positive, Number.MIN_VALUE)
  if (lowest > highest) return { min: 1, max: 10, ticks: [1, 10] }
  const steps = roundNumbers(lowest, highest)
  const min = axis.min ?? steps.findLast((step) => step <= lowest)!
  const max = axis.max ?? steps.find((step) => step >= highest && step > min)!
  const within = steps.filter((step) => step >= min && step <= max)
  const decades = within.filter(
    (step) => Number.isInteger(Math.log10(step)) || Math.abs(Math.log10(step) % 1) < 1e-9,
  )
  return { min, max, ticks: axis.ticks ?? (decades.length >= 4 ? decades : within) }
}

function roundNumbers(lowest: number, highest: number): number[] {
  const first = Math.floor(Math.log10(lowest))
  const last = Math.ceil(Math.log10(highest)) + 1
  return Array.from({ length: last - first + 1 }, (_, at) => first + at).flatMap((exponent) =>
    [1, 2, 5].map((digit) => Number(`${digit}e${exponent}`)),
  )
}

/** Returns round bounds below and above all values, and ticks between them at round steps. */
export function roundBounds(
  values: readonly number[],
  { min, max }: { readonly min?: number; readonly max?: number } = {},
) {
  const low = min ?? Math.min(...values)
  const high = max ?? Math.max(...values)
  const span = high > low ? high - low : Math.abs(high) || 1
  const step = roundNumbers(span / 8, span / 4).find((one) => one >= span / 8)!
  const first = Math.floor(low / step)
  const last = Math.max(Math.ceil(high / step), first + 1)
  const ticks = Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  )
  return {
    min: min ?? ticks[0]!,
    max: max ?? ticks.at(-1)!,
    ticks: ticks.filter((tick) => tick >= (min ?? tick) && tick <= (max ?? tick)),
  }
}
