import type { BatchMatMulAttrs } from '@tensorflow/tfjs-core'
import { epilogueOf, finishOutput, startOutput } from './epilogue.js'
import {
  floatInput,
  floatOutput,
  sizeOf,
  type FloatTensor,
  type TrainingKernel,
} from './kernel-call.js'
import { addProduct, type MatrixView, transposed } from './product.js'

/** `BatchMatMul` and `_FusedMatMul`, of equal batches or of one matrix with a batch. */
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
  /** The matrix of a batch, or the only one. */
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
