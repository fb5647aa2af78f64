import { EVALUATE, PROFILE, stepRepeat, type StepBudget, WARMUP } from './protocol.js'

/** The most timed steps, or losses, that one answer may hold. */
export const MOST_SAMPLES = 2_000_000

/**
 * The seconds that a process may take for an answer without any steps. `torch.compile` needs
 * minutes on a slow machine. The flag `--timeout` replaces it.
 */
export const ANSWER_SECONDS = 600
/** The share of it that is added for each step that was asked for. */
const A_STEP = 0.01
/** Says how many seconds are added for each second of steps that was asked for. */
const A_SECOND = 2
/** The seconds that are added for each epoch of a training to an accuracy. */
const AN_EPOCH = 3600
/** The longest time limit, because timers count milliseconds in 31 bits. */
const LONGEST = 2_000_000

/** The parts of a peer's request that tell how much work it is. */
interface Work {
  readonly type: string
  readonly warmup?: Steps
  readonly timed?: Steps
  readonly paritySteps?: number
}

interface Steps {
  readonly minSteps: number
  readonly seconds: number
}

/** Returns the seconds after which a peer that has not answered to a request is given up. */
export function secondsFor(
  { warmup, timed, paritySteps = 0 }: Work,
  answerSeconds: number = ANSWER_SECONDS,
): number {
  const parts = [warmup, timed].flatMap((steps) => steps ?? [])
  const steps = parts.reduce((sum, { minSteps }) => sum + minSteps, paritySteps)
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0)
  const limit = answerSeconds * (1 + A_STEP * steps) + A_SECOND * seconds
  return Math.min(LONGEST, Math.ceil(limit))
}

/** The parts of a cell's request that tell how much work it is. */
interface CellWork {
  readonly budget: StepBudget
  readonly accuracy?: { readonly maxEpochs: number }
}

/** Returns the seconds after which the process or page of a cell is given up. */
export function secondsForCell(
  { budget, accuracy }: CellWork,
  answerSeconds: number = ANSWER_SECONDS,
): number {
  const { min, seconds } = stepRepeat(budget)
  const other = WARMUP.seconds + EVALUATE.seconds + PROFILE.seconds
  const timed = { minSteps: min + WARMUP.maxSteps, seconds: seconds + other }
  const epochs = AN_EPOCH * (accuracy?.maxEpochs ?? 0)
  return Math.min(LONGEST, secondsFor({ type: 'cell', timed }, answerSeconds) + epochs)
}
