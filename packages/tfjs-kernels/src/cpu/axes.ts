import type { SumAttrs, TransposeAttrs } from '@tensorflow/tfjs-core'
import { floatInput, floatOutput, type TrainingKernel } from './kernel-call.js'
import { sizeOf } from '../size-of.js'

/**
 * Computes `Sum` over neighbouring axes, such as all but the last, which gives a bias's gradient.
 * TensorFlow.js's own kernel transposes first.
 */
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
  // The sums are in double precision, because there may be very many numbers.
  const sums = new Float64Array(width)
  for (let row = 0, p = 0; row < y.length; row += width) {
    sums.fill(0)
    for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) sums[j]! += x.values[p++]!
    y.set(sums, row)
  }
  return floatOutput(call, [...outer, ...(keepDims ? axes.map(() => 1) : []), ...inner], y)
}

/**
 * Computes `Transpose`. It counts through the output's axes like an odometer, and so finds the
 * address to read without a division.
 */
export const transpose: TrainingKernel = (call) => {
  const x = floatInput(call, 'x')
  if (x === undefined || x.shape.length === 0) return undefined
  const { perm } = call.attrs as unknown as TransposeAttrs
  const strides = x.shape.map(() => 1)
  for (let axis = x.shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * x.shape[axis + 1]!
  const shape = perm.map((axis) => x.shape[axis]!)
  const steps = perm.map((axis) => strides[axis]!)
  const at = shape.map(() => 0)
  const [last, step] = [shape.at(-1)!, steps.at(-1)!]
  const { values } = x
  const y = new Float32Array(values.length)
  for (let to = 0, from = 0; to < y.length;) {
    for (let i = 0, p = from; i < last; i++, p += step) y[to++] = values[p]!
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      from += steps[axis]!
      at[axis]! += 1
      if (at[axis]! < shape[axis]!) break
      from -= steps[axis]! * shape[axis]!
      at[axis] = 0
    }
  }
  return floatOutput(call, shape, y)
}
