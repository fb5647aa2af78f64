import { INTERRUPTED } from '@mnist-lab/cli/terminal'
import type { BenchResult } from '@mnist-lab/metrics'

/**
 * 130: interrupted; 1: a cell failed or is not at parity; 2: a backend that was asked for by name is not available;
 * 0: all that could run ran.
 */
export function exitCode({ status, cells }: BenchResult, backendsByName: boolean): number {
  if (status === 'interrupted') return INTERRUPTED
  if (cells.some((cell) => cell.status === 'failed' || (cell.status === 'ok' && !cell.parity.ok))) return 1
  return backendsByName && cells.some((cell) => cell.status === 'unavailable') ? 2 : 0
}
