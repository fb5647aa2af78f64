import type { BenchParity } from '@mnist-lab/metrics'
import type { ParityTrace } from './cell-report.js'
import { LOSS_TOLERANCE, PARITY_STEPS, WEIGHT_TOLERANCE } from './protocol.js'

/**
 * The worst of all repetitions against the reference. A difference that is not finite (a loss that diverged) is the
 * largest number there is, which JSON can hold.
 */
export function parity(reference: string, expected: ParityTrace, traces: readonly ParityTrace[]): BenchParity {
  const maxLossDelta = worst(traces.map(({ losses }) => maxDelta(losses, expected.losses)))
  const maxWeightDelta = worst(traces.flatMap(({ weights }) =>
    expected.weights.map((tensor, at) => maxDelta(weights[at] ?? [], tensor))))
  return {
    reference, steps: PARITY_STEPS, maxLossDelta, maxWeightDelta,
    ok: maxLossDelta <= LOSS_TOLERANCE && maxWeightDelta <= WEIGHT_TOLERANCE,
  }
}

/** The largest distance of two numbers of the same place; {@link Number.MAX_VALUE} where one is not finite or missing. */
export function maxDelta(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) return Number.MAX_VALUE
  let max = 0
  for (let i = 0; i < values.length; i++) {
    const delta = Math.abs(values[i]! - expected[i]!)
    if (!(delta <= max)) max = Number.isFinite(delta) ? delta : Number.MAX_VALUE
  }
  return max
}

function worst(deltas: readonly number[]): number {
  return deltas.reduce((max, delta) => Math.max(max, delta), 0)
}
