import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Heap } from './heap.js'
import type { Call } from './tensorflow.js'

/** The least value of an activation's output, of those that our products know. */
export const FLOORS: Readonly<Record<string, number>> = { linear: -Infinity, relu: 0 }

/** Columns of the narrowest product. */
export const NARROW = 4

/**
 * `BatchMatMul` and `_FusedMatMul`, [..., m, k] × [..., k, n], either one transposed.
 *
 * @returns undefined for what stays with upstream
 */
export function matMul(heap: Heap, { inputs, attrs }: Call): TensorInfo | undefined {
  const { a, b, bias } = inputs as { a: TensorInfo, b: TensorInfo, bias?: TensorInfo }
  const { transposeA, transposeB, activation = 'linear' } = attrs as { transposeA: boolean, transposeB: boolean, activation?: string }
  const floor = FLOORS[activation]
  const [m = 0, k] = transposeA ? a.shape.slice(-2).toReversed() : a.shape.slice(-2)
  const [inner, n = 0] = transposeB ? b.shape.slice(-2).toReversed() : b.shape.slice(-2)
  const outer = outerShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  if (floor === undefined || outer === undefined || k === undefined || k !== inner) return undefined
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== n))) return undefined
  // Upstream's plain products run on all its threads.
  if (heap.threaded && !transposeA && !transposeB) return undefined

  const output = heap.output([...outer, m, n])
  const columns = Math.max(n, NARROW)
  const copied = transposeB || n < NARROW
  const [rows, zero, right, wide, start] = heap.scratch(m * 4, 4, copied ? k * columns * 4 : 0, n < NARROW ? m * columns * 4 : 0, columns * 4) as
    [number, number, number, number, number]
  const { kernels } = heap
  kernels.offsets(rows, 1, 0, 1, 0, m, transposeA ? 4 : k * 4)
  kernels.zero(zero, 4)
  let from = bias === undefined ? 0 : heap.at(bias)
  if (bias !== undefined && n < NARROW) {
    kernels.copyRows(from, 0, 0, start, 0, 0, 1, 1, n)
    from = start
  }
  const [stepA, stepB] = [a, b].map(({ shape }) => outer.length > 0 && size(shape.slice(0, -2)) > 1 ? size(shape.slice(-2)) * 4 : 0) as [number, number]
  for (let batch = 0; batch < size(outer); batch++) {
    const [left, theirs, to] = [heap.at(a) + batch * stepA, heap.at(b) + batch * stepB, heap.at(output) + batch * m * n * 4]
    if (transposeB) kernels.transpose(theirs, right, n, k, columns * 4)
    else if (copied) kernels.copyRows(theirs, 0, n * 4, right, 0, columns * 4, 1, k, n)
    kernels.product(
      left, rows, m, zero, 1, k, transposeA ? m * 4 : 4, copied ? right : theirs, columns * 4, columns,
      n < NARROW ? wide : to, 0, columns * 4, from, 0, floor)
    if (n < NARROW) kernels.copyRows(wide, 0, columns * 4, to, 0, n * 4, 1, m, n)
  }
  return output
}

/** Of a batch of products: both as many, or one of them for all. */
function outerShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (a.length !== b.length) return undefined
  if (a.every((side, axis) => side === b[axis]) || size(b) === 1) return a
  return size(a) === 1 ? b : undefined
}

export function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
