import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Heap } from './heap.js'
import { size } from './products.js'
import type { Call } from './tensorflow.js'

/** How many numbers the kernel takes at a time. */
const TANH_STEP = 8
/** Beyond this many columns the sums of four rows no longer fit into the cache. */
const MOST_COLUMNS = 65_536

/** Computes `Tanh`; see `assembly/tanh.ts`. */
export function tanh(heap: Heap, { inputs }: Call): TensorInfo | undefined {
  const x = inputs['x']!
  const count = size(x.shape)
  if (x.dtype !== 'float32' || count < TANH_STEP) return undefined
  const output = heap.output(x.shape)
  heap.kernels.tanh(heap.at(x), heap.at(output), count, heap.tanhTable)
  return output
}

/** Computes `Sum` over any number of the first axes, but not over all axes. */
export function sumOverFirstAxes(heap: Heap, { inputs, attrs }: Call): TensorInfo | undefined {
  const x = inputs['x']!
  const { axis, keepDims } = attrs as { axis?: number | number[] | null; keepDims?: boolean }
  const rank = x.shape.length
  const axes = new Set([axis ?? []].flat().map((one) => (one < 0 ? one + rank : one)))
  const first = axes.size
  if (
    x.dtype !== 'float32' ||
    first === 0 ||
    first >= rank ||
    [...axes].some((one) => one >= first)
  )
    return undefined
  const [rows, columns] = [size(x.shape.slice(0, first)), size(x.shape.slice(first))]
  if (rows === 0 || columns === 0 || columns > MOST_COLUMNS) return undefined
  const output = heap.output([
    ...(keepDims ? x.shape.slice(0, first).fill(1) : []),
    ...x.shape.slice(first),
  ])
  const [sums] = heap.scratch(columns * 16)
  heap.kernels.sumRows(heap.at(x), rows, columns, heap.at(output), sums!)
  return output
}
