import type { SumAttrs } from '@tensorflow/tfjs-core'
import { floatInput, floatOutput, sizeOf, type TrainingKernel } from './kernel-call.js'

/** `Sum` over neighbouring axes, such as all but the last: a bias's gradient. The engine transposes first. */
export const sum: TrainingKernel = (call) => {
  const x = floatInput(call, 'x')
  if (x === undefined) return undefined
  const { axis, keepDims } = call.attrs as unknown as SumAttrs
  const rank = x.shape.length
  const axes = [axis]
    .flat()
    .map((at) => (at < 0 ? at + rank : at))
    .toSorted((a, b) => a - b)
  const [first, last] = [axes[0], axes.at(-1)]
  if (
    first === undefined ||
    last === undefined ||
    first < 0 ||
    last >= rank ||
    axes.some((at, i) => at !== first + i)
  )
    return undefined
  const [outer, count, inner] = [
    x.shape.slice(0, first),
    sizeOf(axes.map((at) => x.shape[at]!)),
    x.shape.slice(last + 1),
  ]
  const width = sizeOf(inner)
  const y = new Float32Array(sizeOf(outer) * width)
  // Double precision: there may be very many.
  const sums = new Float64Array(width)
  for (let row = 0, p = 0; row < y.length; row += width) {
    sums.fill(0)
    for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) sums[j]! += x.values[p++]!
    y.set(sums, row)
  }
  return floatOutput(call, [...outer, ...(keepDims ? axes.map(() => 1) : []), ...inner], y)
}
