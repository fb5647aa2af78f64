import { INTERRUPTED } from '@mnist-lab/terminal'
import type { BenchResult } from '../results/bench-result.js'

/**
 * 130: interrupted; 1: a cell failed or is not at parity; 2: a backend or a peer that was asked for by name is not available; 0: all that
 * could run ran. That a backend has no more threads, in a sweep over them, is a finding.
 *
 * @param named what the user asked for by name
 */
export function exitCode(
  { status, cells, accuracy }: BenchResult,
  named: readonly string[],
): number {
  if (status === 'interrupted') return INTERRUPTED
  if (
    [...cells, ...(accuracy?.cells ?? [])].some(
      (cell) => cell.status === 'failed' || (cell.status === 'ok' && !cell.parity.ok),
    )
  )
    return 1
  return named.some((name) => {
    const own = cells.filter(({ backend }) => backend === name)
    return own.length > 0 && own.every((cell) => cell.status === 'unavailable')
  })
    ? 2
    : 0
}
