import type { TensorInfo } from '@tensorflow/tfjs-core'
import { FLUSH_CHUNK, type Heap } from './heap.js'
import { sizeOf } from '../size-of.js'
import type { Call } from './tensorflow.js'

/** Says how many numbers the kernel takes at a time. */
const TANH_STEP = 8
/** Beyond this many columns the sums of four rows no longer fit into the cache. */
const MOST_COLUMNS = 65_536

/** Computes `Tanh`; see `assembly/tanh.ts`. */
export function tanh(heap: Heap, { inputs }: Call): TensorInfo | undefined {
  const x = inputs['x']!
  const count = sizeOf(x.shape)
  if (x.dtype !== 'float32' || count < TANH_STEP) return undefined
  const output = heap.output(x.shape)
  heap.kernels.tanh(heap.at(x), heap.at(output), count, heap.tanhTable)
  return output
}

/**
 * Computes `AddAndFlush`, a kernel that TensorFlow.js does not have: a + b, rounded to a multiple
 * of 2⁻⁹⁰. It leaves sums above 10⁻¹² as they are, and makes 0 of those that are about to become
 * denormal numbers, for which processors take a hundred times as long. An optimizer that computes a
 * velocity with it does not slow down in late steps.
 */
export function addAndFlush(heap: Heap, { inputs }: Call): TensorInfo | undefined {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
  const count = sizeOf(a.shape)
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || count !== sizeOf(b.shape)) return undefined
  const output = heap.output(a.shape)
  const [x, y, sum] = [heap.at(a), heap.at(b), heap.at(output)]
  const { kernels, tinyTable } = heap
  for (let at = 0; at < count; at += FLUSH_CHUNK) {
    const [part, to] = [Math.min(FLUSH_CHUNK, count - at), sum + at * 4]
    kernels.copyRows(x + at * 4, 0, 0, to, 0, 0, 1, 1, part)
    kernels.add(y + at * 4, to, part)
    kernels.add(tinyTable, to, part)
    kernels.add(tinyTable + FLUSH_CHUNK * 4, to, part)
  }
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
  const [rows, columns] = [sizeOf(x.shape.slice(0, first)), sizeOf(x.shape.slice(first))]
  if (rows === 0 || columns === 0 || columns > MOST_COLUMNS) return undefined
  const output = heap.output([
    ...(keepDims ? x.shape.slice(0, first).fill(1) : []),
    ...x.shape.slice(first),
  ])
  const [sums] = heap.scratch(columns * 16)
  heap.kernels.sumRows(heap.at(x), rows, columns, heap.at(output), sums!)
  return output
}
