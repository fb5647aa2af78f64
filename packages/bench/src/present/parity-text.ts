import type { BenchParity } from '../results/bench-parity.js'
import { difference } from '@mnist-lab/report'

/** `✓ loss 1.2e-7, weights 0`, or `✗ …` beyond the tolerance. */
export function parityText({ ok, maxLossDelta, maxWeightDelta }: BenchParity): string {
  const weights = maxWeightDelta === undefined ? '' : `, weights ${difference(maxWeightDelta)}`
  return `${ok ? '✓' : '✗'} loss ${difference(maxLossDelta)}${weights}`
}
