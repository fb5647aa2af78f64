import { createStream, permutation } from '@mnist-lab/random'
import { sameCell, type CellName, type CellRequest } from './cell-report.js'
import type { BenchOptions } from './options.js'
import { referenceOf } from './protocol.js'

/** The cells of the table, in its order. */
export function cellsOf({ models, backends, batchSize }: BenchOptions): CellName[] {
  return models.flatMap((model) => backends.map((backend) => ({ backend, model, batchSize })))
}

/**
 * Every process to run, in order: the references that no cell supplies, then repetition by repetition all cells, each
 * time in another seeded random order, so that a slow minute of the machine hits all cells alike.
 */
export function schedule(options: BenchOptions): CellRequest[] {
  const cells = cellsOf(options)
  const { seed, threads, budget, repetitions } = options
  const request = (cell: CellName, repetition: number, reference: boolean): CellRequest =>
    ({ ...cell, repetition, reference, seed, budget, ...(threads === undefined ? {} : { threads }) })
  const references: CellName[] = []
  for (const cell of cells) {
    const reference = { ...cell, backend: referenceOf(cell.backend) }
    if (![...cells, ...references].some((known) => sameCell(known, reference))) references.push(reference)
  }
  const measured = Array.from({ length: repetitions }, (_, i) => {
    const order = permutation(createStream(seed, 'bench', i + 1), cells.length)
    return Array.from(order, (at) => request(cells[at]!, i + 1, false))
  })
  return [...references.map((cell) => request(cell, 1, true)), ...measured.flat()]
}
