import type { TransposeAttrs } from '@tensorflow/tfjs-core'
import { floatInput, floatOutput, type TrainingKernel } from './kernel-call.js'

/** `Transpose`, an odometer over the output's axes: it writes in order and knows where to read without a division. */
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
