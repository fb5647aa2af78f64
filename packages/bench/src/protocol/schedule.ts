import { createStream, permutation } from '@mnist-lab/core'
import type { CellRequest } from '../measure/cell-report.js'
import { type BenchOkCell, type CellName, sameCell } from '../results/cell-schema.js'
import type { BenchPurpose } from '../results/result-schema.js'
import {
  backendInRuntime,
  DEFAULT_RUNTIME,
  engineText,
  type EngineName,
  parseEngineName,
  splitRuntime,
} from './engine-name.js'
import type { BenchPlan } from './plan.js'
import {
  BITS_BACKENDS,
  OVERHEAD_STEPS,
  REFERENCE,
  referenceOf,
  SLOW,
  type StepBudget,
} from './protocol.js'

/** Returns the cells of the table, in its order. */
export function cellsOf({ models, engines, batchSizes, threads }: CellsPlan): CellName[] {
  const names = engines.flatMap((engine) => {
    const { backend: own, runtime, threads: fixed } = partsOf(engine)
    const backend = backendInRuntime(own, runtime)
    return (fixed === undefined ? threads : [fixed]).map((askedThreads) =>
      askedThreads === undefined ? { backend } : { backend, askedThreads },
    )
  })
  return models.flatMap((model) =>
    batchSizes.flatMap((batchSize) =>
      names.map(({ backend, ...asked }) => ({ backend, model, batchSize, ...asked })),
    ),
  )
}

type CellsPlan = Pick<BenchPlan, 'models' | 'engines' | 'batchSizes' | 'threads'>

/** Parses an engine's name. A name of another form is that of a peer. */
function partsOf(engine: string): EngineName {
  return parseEngineName(engine) ?? { backend: engine, runtime: DEFAULT_RUNTIME }
}

/**
 * Returns whether an engine's name has a number of threads. Then running with another number does
 * not measure this engine.
 */
function namesThreads({ engines }: BenchPlan, cell: CellName): boolean {
  return cell.askedThreads !== undefined && engines.includes(engineText(cell))
}

/** Returns whether so little is measured of a cell as {@link SLOW} says. */
function isSlow({ slowRuntimes = [] }: Pick<BenchPlan, 'slowRuntimes'>, cell: CellName): boolean {
  return slowRuntimes.includes(splitRuntime(cell.backend).runtime)
}

/** Returns the number of processes that are asked for of a cell. */
export function repetitionsOf(
  plan: Pick<BenchPlan, 'repetitions' | 'slowRuntimes'>,
  cell: CellName,
): number {
  return isSlow(plan, cell) ? Math.min(plan.repetitions, SLOW.repetitions) : plan.repetitions
}

function budgetOf(plan: BenchPlan, cell: CellName): StepBudget {
  const { budget } = plan
  if (!isSlow(plan, cell)) return budget
  if ('steps' in budget) return { steps: Math.min(budget.steps, SLOW.steps) }
  const maxSteps = Math.min(budget.maxSteps ?? SLOW.steps, SLOW.steps)
  return { ...budget, maxSteps, minSteps: Math.min(budget.minSteps, maxSteps) }
}

/**
 * Returns the cell that another one's parity is measured with. It has the threads that it chooses
 * by itself.
 */
export function referenceCell({ backend, model, batchSize }: CellName): CellName {
  return { backend: referenceOf(backend), model, batchSize }
}

/**
 * Returns the cells that a cell's weights are compared with bit for bit: those of the fused
 * engine's builds, for the engine itself.
 */
export function bitsCells({ backend, model, batchSize }: CellName): CellName[] {
  return splitRuntime(backend).backend.startsWith('fused')
    ? Object.values(BITS_BACKENDS).map((build) => ({ backend: build, model, batchSize }))
    : []
}

/**
 * Returns every process to run, in order. First come steps on the null backend, then the references
 * that are not cells themselves, then all cells, repetition by repetition. Each repetition has
 * another seeded random order, so that a slow minute of the machine affects all cells alike.
 */
export function schedule(plan: BenchPlan): CellRequest[] {
  const cells = cellsOf(plan)
  const references: CellName[] = []
  for (const cell of cells) {
    for (const reference of [referenceCell(cell), ...bitsCells(cell)])
      if (![...cells, ...references].some((known) => sameCell(known, reference)))
        references.push(reference)
  }
  const overheads = plan.batchSizes.map((batchSize) => ({
    backend: 'null',
    model: plan.models[0]!,
    batchSize,
  }))
  return [
    ...overheads.map((cell) => ({
      ...request(plan, cell, 1, 'overhead'),
      budget: { steps: OVERHEAD_STEPS },
    })),
    ...references.map((cell) => request(plan, cell, 1, 'reference')),
    ...rounds(plan, cells, plan.repetitions, 'measure').filter(
      (one) => one.repetition <= repetitionsOf(plan, one),
    ),
    ...(plan.toAccuracy === undefined
      ? []
      : rounds(
          plan,
          // A training to an accuracy would take days in a slow runtime.
          cells.filter(isOurs(plan)).filter((cell) => !isSlow(plan, cell)),
          plan.seeds,
          'accuracy',
        ).map((one) => ({ ...one, seed: plan.seed + one.repetition - 1 }))),
  ]
}

/**
 * Returns another repetition of those cells that have fewer undisturbed processes than were asked
 * for.
 *
 * @param repetition its number, beyond those of the schedule
 */
export function againSchedule(
  plan: BenchPlan,
  cells: readonly BenchOkCell[],
  repetition: number,
  cores: { readonly availableCores: number },
): CellRequest[] {
  const short = cells.filter((cell) => {
    const asked = repetitionsOf(plan, cell)
    return (
      // With more threads than cores every process would count as disturbed.
      cell.threads <= cores.availableCores &&
      repetition - plan.repetitions <= asked &&
      cell.repetitions.filter(({ disturbed }) => !disturbed).length < asked
    )
  })
  return round(plan, short, repetition, 'measure')
}

/** Returns the profiles that follow the timed processes, one for each cell that was measured. */
export function profileSchedule(plan: BenchPlan, cells: readonly CellName[]): CellRequest[] {
  return cells.map((cell) => request(plan, cell, 1, 'profile'))
}

/**
 * Returns the processes that look for the first wrong layer: of the backends that are not at
 * parity, and of their references.
 */
export function divergenceSchedule(plan: BenchPlan, cells: readonly BenchOkCell[]): CellRequest[] {
  const lost = cells.filter((cell) => !cell.parity.ok).filter(isOurs(plan))
  const names = [...lost.map(nameOf), ...lost.map(referenceCell)]
  return names
    .filter((name, at) => names.findIndex((other) => sameCell(other, name)) === at)
    .map((name) => request(plan, name, 1, 'divergence'))
}

/** Returns the name of a cell, without its figures. */
export function nameOf({ backend, model, batchSize, askedThreads }: CellName): CellName {
  return { backend, model, batchSize, ...(askedThreads === undefined ? {} : { askedThreads }) }
}

function rounds(
  plan: BenchPlan,
  cells: readonly CellName[],
  count: number,
  purpose: BenchPurpose,
): CellRequest[] {
  return Array.from({ length: count }, (_, i) => round(plan, cells, i + 1, purpose)).flat()
}

function round(
  plan: BenchPlan,
  cells: readonly CellName[],
  repetition: number,
  purpose: BenchPurpose,
): CellRequest[] {
  const order = permutation(createStream(plan.seed, 'bench', repetition), cells.length)
  return Array.from(order, (at) => request(plan, nameOf(cells[at]!), repetition, purpose))
}

function request(
  plan: BenchPlan,
  cell: CellName,
  repetition: number,
  purpose: BenchPurpose,
): CellRequest {
  const { seed, threads, peers, slowDown, toAccuracy: target, maxEpochs } = plan
  return {
    ...cell,
    purpose,
    repetition,
    seed,
    budget: budgetOf(plan, cell),
    exactThreads: threads.length > 1 || namesThreads(plan, cell),
    plain: peers.length > 0 && cell.backend === REFERENCE,
    ...(slowDown === undefined || purpose === 'reference' || purpose === 'overhead'
      ? {}
      : { slowDown }),
    ...(purpose === 'accuracy' && target !== undefined ? { accuracy: { target, maxEpochs } } : {}),
  }
}

function isOurs({ peers }: BenchPlan): (cell: CellName) => boolean {
  return ({ backend }) => !peers.some(({ name }) => name === backend)
}
