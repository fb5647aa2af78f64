import type { TensorInfo } from '@tensorflow/tfjs-core'
import { sizeOf } from '../size-of.js'
import type { Heap } from './heap.js'
import type { Call } from './tensorflow.js'

/** The least value of an activation's output, for the activations that these products can apply. */
export const FLOORS: Readonly<Record<string, number>> = { linear: -Infinity, relu: 0 }

/** The smallest number of columns that the kernel can compute. */
export const NARROW = 4

/** Says how many columns the kernel takes at a time. */
export const PANEL = 8
/**
 * Copying a panel of b is faster from this many rows on, if a row of b has at least {@link
 * PANEL_STEP} bytes. A panel of such long rows would fall on few lines of the cache.
 */
const PANEL_ROWS = 64
const PANEL_STEP = 512

/**
 * The arguments of a product as in `assembly/product.ts`. The rows of c have as many columns as
 * those of b.
 */
export interface Product {
  readonly a: number
  readonly rowOffsets: number
  readonly rows: number
  readonly runOffsets: number
  readonly runs: number
  readonly run: number
  readonly aStep: number
  readonly b: number
  readonly columns: number
  readonly c: number
  /** 0 for none. */
  readonly bias: number
  readonly floor: number
}

/**
 * Returns how many bytes of scratch {@link multiply} needs.
 *
 * @param depth rows of b
 */
export function panelBytes(rows: number, depth: number, columns: number): number {
  return rows >= PANEL_ROWS && columns > PANEL && columns * 4 >= PANEL_STEP ? depth * PANEL * 4 : 0
}

/**
 * Computes a product, panel by panel if that is faster.
 *
 * @param panel scratch of {@link panelBytes} bytes
 * @param product callers list every field, because spreading one object into another takes Node.js
 * 20 longer than a small product
 */
export function multiply({ kernels }: Heap, panel: number, product: Product): void {
  const { a, rowOffsets, rows, runOffsets, runs, run, aStep, b, columns, c, bias, floor } = product
  const row = columns * 4
  if (panelBytes(rows, runs * run, columns) === 0) {
    kernels.product(
      a,
      rowOffsets,
      rows,
      runOffsets,
      runs,
      run,
      aStep,
      b,
      row,
      columns,
      c,
      0,
      row,
      bias,
      0,
      floor,
    )
    return
  }
  for (let column = 0; column < columns; column += PANEL) {
    // The last panel may overlap the one before it.
    const at = Math.min(column, columns - PANEL) * 4
    kernels.copyRows(b + at, 0, row, panel, 0, PANEL * 4, 1, runs * run, PANEL)
    kernels.product(
      a,
      rowOffsets,
      rows,
      runOffsets,
      runs,
      run,
      aStep,
      panel,
      PANEL * 4,
      PANEL,
      c + at,
      0,
      row,
      bias && bias + at,
      0,
      floor,
    )
  }
}

/**
 * Computes `BatchMatMul` and `_FusedMatMul`, [..., m, k] × [..., k, n]. Either operand may be
 * transposed.
 *
 * @returns undefined for calls that stay with TensorFlow.js's own kernel
 */
export function matMul(heap: Heap, { inputs, attrs }: Call): TensorInfo | undefined {
  const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo }
  const {
    transposeA,
    transposeB,
    activation = 'linear',
  } = attrs as { transposeA: boolean; transposeB: boolean; activation?: string }
  const floor = FLOORS[activation]
  const [m = 0, k] = transposeA ? a.shape.slice(-2).toReversed() : a.shape.slice(-2)
  const [inner, n = 0] = transposeB ? b.shape.slice(-2).toReversed() : b.shape.slice(-2)
  const outer = outerShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  if (floor === undefined || outer === undefined || k === undefined || k !== inner) return undefined
  if (
    a.dtype !== 'float32' ||
    b.dtype !== 'float32' ||
    (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== n))
  )
    return undefined
  // TensorFlow.js's own products without transposition run on all its threads.
  if (heap.threaded && !transposeA && !transposeB) return undefined

  const output = heap.output([...outer, m, n])
  const columns = Math.max(n, NARROW)
  const copied = transposeB || n < NARROW
  const [rows, zero, right, wide, start, panel] = heap.scratch(
    m * 4,
    4,
    copied ? k * columns * 4 : 0,
    n < NARROW ? m * columns * 4 : 0,
    columns * 4,
    panelBytes(m, k, columns),
  ) as [number, number, number, number, number, number]
  const { kernels } = heap
  kernels.offsets(rows, 1, 0, 1, 0, m, transposeA ? 4 : k * 4)
  kernels.zero(zero, 4)
  let from = bias === undefined ? 0 : heap.at(bias)
  if (bias !== undefined && n < NARROW) {
    kernels.copyRows(from, 0, 0, start, 0, 0, 1, 1, n)
    from = start
  }
  const [stepA, stepB] = [a, b].map(({ shape }) =>
    outer.length > 0 && sizeOf(shape.slice(0, -2)) > 1 ? sizeOf(shape.slice(-2)) * 4 : 0,
  ) as [number, number]
  for (let batch = 0; batch < sizeOf(outer); batch++) {
    const [left, theirs, to] = [
      heap.at(a) + batch * stepA,
      heap.at(b) + batch * stepB,
      heap.at(output) + batch * m * n * 4,
    ]
    if (transposeB) kernels.transpose(theirs, right, n, k, columns * 4)
    else if (copied) kernels.copyRows(theirs, 0, n * 4, right, 0, columns * 4, 1, k, n)
    multiply(heap, panel, {
      a: left,
      rowOffsets: rows,
      rows: m,
      runOffsets: zero,
      runs: 1,
      run: k,
      aStep: transposeA ? m * 4 : 4,
      b: copied ? right : theirs,
      columns,
      c: n < NARROW ? wide : to,
      bias: from,
      floor,
    })
    if (n < NARROW) kernels.copyRows(wide, 0, columns * 4, to, 0, n * 4, 1, m, n)
  }
  return output
}

/**
 * Returns the shape of a batch of products: both operands have the same batch, or one of them is a
 * single matrix.
 */
function outerShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (a.length !== b.length) return undefined
  if (a.every((side, axis) => side === b[axis]) || sizeOf(b) === 1) return a
  return sizeOf(a) === 1 ? b : undefined
}
