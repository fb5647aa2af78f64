import { sameCell, type BenchOkCell, type CellName } from '../results/bench-cell.js'
import { type BenchPurpose } from '../results/bench-result.js'
import { createStream, permutation } from '@mnist-lab/core'
import type { CellRequest } from '../measure/cell-report.js'
import type { BenchOptions } from './options.js'
import { OVERHEAD_STEPS, REFERENCE, referenceOf } from './protocol.js'

/** The cells of the table, in its order. */
export function cellsOf({
  models,
  backends,
  peers,
  batchSizes,
  threads,
}: BenchOptions): CellName[] {
  const names = [...backends, ...peers.map(({ name }) => name)]
  return models.flatMap((model) =>
    batchSizes.flatMap((batchSize) =>
      names.flatMap((backend) =>
        threads.map((askedThreads) => ({
          backend,
          model,
          batchSize,
          ...(askedThreads === undefined ? {} : { askedThreads }),
        })),
      ),
    ),
  )
}

/** What a cell's parity is measured with: it has the threads that it likes. */
export function referenceCell({ backend, model, batchSize }: CellName): CellName {
  return { backend: referenceOf(backend), model, batchSize }
}

/**
 * Every process to run, in order: what a step costs that computes nothing, the references that no cell supplies, then repetition by
 * repetition all cells, each time in another seeded random order, so that a slow minute of the machine hits all cells alike.
 */
export function schedule(options: BenchOptions): CellRequest[] {
  const cells = cellsOf(options)
  const references: CellName[] = []
  for (const cell of cells) {
    const reference = referenceCell(cell)
    if (![...cells, ...references].some((known) => sameCell(known, reference)))
      references.push(reference)
  }
  const overheads = options.batchSizes.map((batchSize) => ({
    backend: 'null',
    model: options.models[0]!,
    batchSize,
  }))
  return [
    ...overheads.map((cell) => ({
      ...request(options, cell, 1, 'overhead'),
      budget: { steps: OVERHEAD_STEPS },
    })),
    ...references.map((cell) => request(options, cell, 1, 'reference')),
    ...rounds(options, cells, options.repetitions, 'measure'),
    ...(options.toAccuracy === undefined
      ? []
      : rounds(options, cells.filter(isOurs(options)), options.seeds, 'accuracy').map((one) => ({
          ...one,
          seed: options.seed + one.repetition - 1,
        }))),
  ]
}

/**
 * Another repetition of those cells of which fewer processes than asked for were left undisturbed.
 *
 * @param repetition its number, beyond those of the schedule
 */
export function againSchedule(
  options: BenchOptions,
  cells: readonly BenchOkCell[],
  repetition: number,
  cores: { readonly availableCores: number },
): CellRequest[] {
  const short = cells.filter(
    ({ repetitions, threads }) =>
      // More threads than cores would be disturbed for ever.
      threads <= cores.availableCores &&
      repetitions.filter(({ disturbed }) => !disturbed).length < options.repetitions,
  )
  return round(options, short, repetition, 'measure')
}

/** After the timed runs, cell by cell, for those that ran. */
export function profileSchedule(options: BenchOptions, cells: readonly CellName[]): CellRequest[] {
  return cells.map((cell) => request(options, cell, 1, 'profile'))
}

/** For cells of our backends that are not at parity: theirs and their references' parts. */
export function divergenceSchedule(
  options: BenchOptions,
  cells: readonly BenchOkCell[],
): CellRequest[] {
  const lost = cells.filter((cell) => !cell.parity.ok).filter(isOurs(options))
  const names = [...lost.map(nameOf), ...lost.map(referenceCell)]
  return names
    .filter((name, at) => names.findIndex((other) => sameCell(other, name)) === at)
    .map((name) => request(options, name, 1, 'divergence'))
}

export function nameOf({ backend, model, batchSize, askedThreads }: CellName): CellName {
  return { backend, model, batchSize, ...(askedThreads === undefined ? {} : { askedThreads }) }
}

function rounds(
  options: BenchOptions,
  cells: readonly CellName[],
  count: number,
  purpose: BenchPurpose,
): CellRequest[] {
  return Array.from({ length: count }, (_, i) => round(options, cells, i + 1, purpose)).flat()
}

function round(
  options: BenchOptions,
  cells: readonly CellName[],
  repetition: number,
  purpose: BenchPurpose,
): CellRequest[] {
  const order = permutation(createStream(options.seed, 'bench', repetition), cells.length)
  return Array.from(order, (at) => request(options, nameOf(cells[at]!), repetition, purpose))
}

function request(
  options: BenchOptions,
  cell: CellName,
  repetition: number,
  purpose: BenchPurpose,
): CellRequest {
  const { seed, budget, threads, peers, slowDown, toAccuracy: target, maxEpochs } = options
  return {
    ...cell,
    purpose,
    repetition,
    seed,
    budget,
    exactThreads: threads.length > 1,
    plain: peers.length > 0 && cell.backend === REFERENCE,
    ...(slowDown === undefined || purpose === 'reference' || purpose === 'overhead'
      ? {}
      : { slowDown }),
    ...(purpose === 'accuracy' && target !== undefined ? { accuracy: { target, maxEpochs } } : {}),
  }
}

function isOurs({ peers }: BenchOptions): (cell: CellName) => boolean {
  return ({ backend }) => !peers.some(({ name }) => name === backend)
}
