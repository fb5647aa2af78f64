import type { BatchMatMulAttrs } from '@tensorflow/tfjs-core'
import {
  floatInput,
  floatOutput,
  type FloatTensor,
  type KernelCall,
  type TrainingKernel,
} from './kernel-call.js'
import { sizeOf } from '../size-of.js'

/** Computes `BatchMatMul` and `_FusedMatMul` of equal batches, or of one matrix with a batch. */
export const matmul: TrainingKernel = (call) => {
  const [a, b] = [floatInput(call, 'a'), floatInput(call, 'b')]
  const { transposeA, transposeB } = call.attrs as unknown as BatchMatMulAttrs
  if (a === undefined || b === undefined || a.shape.length !== b.shape.length) return undefined
  const [left, right] = [matrices(a, transposeA), matrices(b, transposeB)]
  const [rows, inner, columns] = [left.rows, left.columns, right.columns]
  const batched = left.batch === 1 ? right : left
  const epilogue = epilogueOf(call, columns)
  if (epilogue === undefined || right.rows !== inner) return undefined
  if (right.batch !== 1 && String(right.outer) !== String(batched.outer)) return undefined
  const output = startOutput(epilogue, batched.batch * rows * columns)
  for (let n = 0; n < batched.batch; n++) {
    const c = { values: output, start: n * rows * columns, row: columns, column: 1 }
    addProduct(left.at(n), right.at(n), c, rows, inner, columns)
  }
  finishOutput(epilogue, output)
  return floatOutput(call, [...batched.outer, rows, columns], output)
}

interface Matrices {
  readonly rows: number
  readonly columns: number
  readonly outer: readonly number[]
  readonly batch: number
  /** Returns matrix `n` of the batch, or the only one. */
  at(n: number): MatrixView
}

function matrices({ shape, values }: FloatTensor, transpose: boolean): Matrices {
  const [height, width] = shape.slice(-2) as [number, number]
  const outer = shape.slice(0, -2)
  const batch = sizeOf(outer)
  const [rows, columns] = transpose ? [width, height] : [height, width]
  return {
    rows,
    columns,
    outer,
    batch,
    at(n) {
      const stored = { values, start: batch === 1 ? 0 : n * height * width, row: width, column: 1 }
      return transpose ? transposed(stored) : stored
    },
  }
}

/** The bias and the activation of a fused kernel. */
export interface Epilogue {
  readonly bias: Float32Array | undefined
  readonly relu: boolean
}

/**
 * Returns the bias and the activation of a fused kernel.
 *
 * @returns undefined for a bias that is not one number for each column, and for activations that
 * TensorFlow.js has to compute
 */
export function epilogueOf(call: KernelCall, columns: number): Epilogue | undefined {
  const activation = call.attrs?.['activation'] ?? 'linear'
  if (activation !== 'linear' && activation !== 'relu') return undefined
  const bias = floatInput(call, 'bias')
  if (
    call.inputs['bias'] !== undefined &&
    (bias?.values.length !== columns || bias.shape.at(-1) !== columns)
  )
    return undefined
  return { bias: bias?.values, relu: activation === 'relu' }
}

/** Creates the output that products are added to: rows of the bias, or zeros. */
export function startOutput({ bias }: Epilogue, size: number): Float32Array {
  const output = new Float32Array(size)
  if (bias !== undefined)
    for (let i = 0; i < size;) for (let j = 0; j < bias.length; j++) output[i++] = bias[j]!
  return output
}

/** Applies the activation to the finished products. */
export function finishOutput({ relu }: Epilogue, output: Float32Array): void {
  if (relu) for (let i = 0; i < output.length; i++) if (output[i]! <= 0) output[i] = 0
}

/** A matrix within an array: element (i, j) is values[start + i · row + j · column]. */
export interface MatrixView {
  readonly values: Float32Array
  readonly start: number
  readonly row: number
  readonly column: number
}

/** Returns the same numbers as a transposed matrix. */
export function transposed({ values, start, row, column }: MatrixView): MatrixView {
  return { values, start, row: column, column: row }
}

/**
 * Computes c ← c + a · b, summed in double precision. A transposed matrix is a view with other
 * strides, and is not slower.
 *
 * @param a [rows, inner]
 * @param b [inner, columns]
 * @param c [rows, columns], row after row without gaps; overlaps neither
 */
export function addProduct(
  a: MatrixView,
  b: MatrixView,
  c: MatrixView,
  rows: number,
  inner: number,
  columns: number,
): void {
  const [tiledRows, tiledColumns] = [rows - (rows % 4), columns - (columns % 2)]
  for (let i = 0; i < tiledRows; i += 4) {
    const p = a.start + i * a.row
    for (let j = 0; j < tiledColumns; j += 2) {
      addTile(
        a.values,
        p,
        a.row,
        a.column,
        b.values,
        b.start + j * b.column,
        b.row,
        b.column,
        inner,
        c.values,
        c.start + i * c.row + j,
        c.row,
      )
    }
  }
  // The tiles leave up to three rows and one column.
  for (let i = 0; i < rows; i++) {
    for (let j = i < tiledRows ? tiledColumns : 0; j < columns; j++) {
      c.values[c.start + i * c.row + j]! += dot(
        a.values,
        a.start + i * a.row,
        a.column,
        b.values,
        b.start + j * b.column,
        b.row,
        inner,
      )
    }
  }
}

/**
 * Adds the product of four rows of x and two columns of y to z at r. The registers hold eight sums.
 * It is a separate function, because V8 keeps some of the sums in memory in a function with more
 * variables. `| 0` spares V8 the check that an index has not overflowed.
 */
function addTile(
  x: Float32Array,
  p: number,
  xRow: number,
  xStep: number,
  y: Float32Array,
  q: number,
  yStep: number,
  yColumn: number,
  inner: number,
  z: Float32Array,
  r: number,
  zRow: number,
): void {
  let s00 = 0,
    s01 = 0,
    s10 = 0,
    s11 = 0,
    s20 = 0,
    s21 = 0,
    s30 = 0,
    s31 = 0
  const row2 = (2 * xRow) | 0,
    row3 = (3 * xRow) | 0
  for (let k = 0; k < inner; k = (k + 1) | 0) {
    const x0 = x[p]!,
      x1 = x[(p + xRow) | 0]!,
      x2 = x[(p + row2) | 0]!,
      x3 = x[(p + row3) | 0]!
    const y0 = y[q]!,
      y1 = y[(q + yColumn) | 0]!
    s00 += x0 * y0
    s01 += x0 * y1
    s10 += x1 * y0
    s11 += x1 * y1
    s20 += x2 * y0
    s21 += x2 * y1
    s30 += x3 * y0
    s31 += x3 * y1
    p = (p + xStep) | 0
    q = (q + yStep) | 0
  }
  z[r]! += s00
  z[r + 1]! += s01
  z[r + zRow]! += s10
  z[r + zRow + 1]! += s11
  z[r + 2 * zRow]! += s20
  z[r + 2 * zRow + 1]! += s21
  z[r + 3 * zRow]! += s30
  z[r + 3 * zRow + 1]! += s31
}

function dot(
  x: Float32Array,
  p: number,
  xStep: number,
  y: Float32Array,
  q: number,
  yStep: number,
  inner: number,
): number {
  let sum = 0
  for (let k = 0; k < inner; k++, p += xStep, q += yStep) sum += x[p]! * y[q]!
  return sum
}
