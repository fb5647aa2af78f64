import type { Loss } from '@mnist-lab/backends'
import type { InitialWeightScheme } from '@mnist-lab/models'
import { constant, cosine, exponentialDecay, type ScheduleSpec, stepDecay } from '@mnist-lab/train'
import type { BackendChoice } from '@mnist-lab/train/node'
import { UsageError } from '@mnist-lab/terminal'

/** The flags of `mnist train` as parsed; absent where the user gave none. */
export interface TrainFlags extends BackendChoice {
  readonly epochs?: number
  readonly batch?: number
  readonly lr?: number
  readonly momentum?: number
  readonly weightDecay?: number
  readonly loss?: Loss
  readonly schedule?: string
  readonly patience?: number
  readonly initialWeights?: InitialWeightScheme
  readonly seed?: number
  readonly limit?: number
  readonly out?: string
  readonly checkpointEvery?: number
  readonly data?: string
  readonly resume?: string
  readonly json?: true
}

/**
 * A schedule as the flag writes it: `cosine:1`, `step:3:0.5`.
 *
 * @param epochs of the run, over which a cosine falls
 * @throws UsageError when it is none; whether its numbers make sense is checked where it is used
 */
export function parseSchedule(text: string, epochs: number): ScheduleSpec {
  const [type, ...parameters] = text.split(':')
  const numbers = parameters.map((parameter) =>
    parameter.trim() === '' ? Number.NaN : Number(parameter),
  )
  const [first, second] = numbers
  const given = `${type} ${numbers.length}`
  if (!numbers.some(Number.isNaN)) {
    if (given === 'constant 0') return constant()
    if (given === 'cosine 0') return cosine({ epochs })
    if (given === 'cosine 1') return cosine({ epochs, warmup: first! })
    if (given === 'step 2') return stepDecay({ every: first!, factor: second! })
    if (given === 'exponential 1') return exponentialDecay({ factor: first! })
  }
  throw new UsageError({
    where: '--schedule',
    expected: 'constant, cosine, cosine:WARMUP, step:EPOCHS:FACTOR or exponential:FACTOR',
    got: text,
    hint: 'correct it',
  })
}
