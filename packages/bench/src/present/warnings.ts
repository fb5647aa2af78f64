import { megabytes, percent, significant } from '@mnist-lab/report'
import type { BenchOkCell } from '../results/cell-schema.js'
import type { BenchResult } from '../results/result-schema.js'
import { cellTitle } from './cell-text.js'

/** The share of all cores' time that others may use before the machine counts as busy. */
const QUIET_BUSY = 0.1
/** A step should be this many times as long as the smallest step of the clock. */
const TIMER_STEPS = 100

type Judged = Pick<BenchResult, 'environment'> & Partial<Pick<BenchResult, 'cells' | 'protocol'>>

/** Returns warnings about everything that makes the figures less reliable, one line each. */
export function benchWarnings({ environment, cells = [], protocol }: Judged): string[] {
  const measured = cells.filter((cell) => cell.status === 'ok')
  const {
    busyBefore,
    busyAfter,
    timer: { resolutionMs },
  } = environment
  const busy = Math.max(busyBefore, busyAfter)
  return [
    ...(busy > QUIET_BUSY
      ? [
          `the machine was not quiet: up to ${percent(busy)} of its cores' time was in use; trust the ratios, not the milliseconds`,
        ]
      : []),
    ...(protocol?.slowDown === undefined
      ? []
      : [
          `slowed down artificially by ${percent(protocol.slowDown)}: no figure here is the backend's own speed`,
        ]),
    ...measured.flatMap((cell) =>
      cellWarnings(cell, resolutionMs).map((text) => `${cellTitle(cell)}: ${text}`),
    ),
  ].map((text) => `⚠ ${text}`)
}

function cellWarnings(
  { step, repetitions, drift, memory: { leak }, parity: { firstDivergence } }: BenchOkCell,
  resolutionMs: number,
): string[] {
  const n = repetitions.length
  const disturbed = repetitions.filter((repetition) => repetition.disturbed)
  const faster = repetitions.filter(({ trend }) => trend?.marked === true && trend.change < 0)
  const slower = repetitions.filter(({ trend }) => trend?.marked === true && trend.change > 0)
  const most = (changes: readonly (number | undefined)[]) =>
    percent(Math.max(...changes.map((change) => Math.abs(change ?? 0))))
  return [
    ...(firstDivergence === undefined
      ? []
      : [
          `parity is lost first in the ${firstDivergence.pass} pass of layer ${firstDivergence.layer} (${significant(firstDivergence.relative)} of its largest number)`,
        ]),
    ...(step.medianMs < TIMER_STEPS * resolutionMs
      ? [
          `a step is shorter than ${TIMER_STEPS} ticks of the clock (${significant(resolutionMs)} ms)`,
        ]
      : []),
    ...(disturbed.length === 0
      ? []
      : [
          `other programs had the core for part of the time in ${disturbed.length} of ${n} processes, which ${disturbed.length === n ? 'is all of them' : 'do not count'} (down to ${percent(Math.min(...disturbed.map(({ cpuShare = 1 }) => cpuShare)))} was left)`,
        ]),
    ...(faster.length === 0
      ? []
      : [
          `steps became faster while they were timed in ${faster.length} of ${n} processes, by up to ${most(faster.map(({ trend }) => trend!.change))}: warm-up had not ended, or the machine became quieter`,
        ]),
    ...(slower.length === 0
      ? []
      : [
          `steps became slower while they were timed in ${slower.length} of ${n} processes, by up to ${most(slower.map(({ trend }) => trend!.change))}`,
        ]),
    ...(drift?.marked === true
      ? [
          `later processes were ${drift.change > 0 ? 'slower' : 'faster'} than earlier ones, ${percent(Math.abs(drift.change))} from first to last (Mann–Kendall, p = ${significant(drift.p)})`,
        ]
      : []),
    ...(leak?.marked === true
      ? [
          `memory grew over ${leak.steps} steps: ${leak.tensors} tensors (${megabytes(leak.tensorBytes)} MB), engine ${megabytes(leak.engineBytes)} MB, JavaScript ${megabytes(leak.jsBytes)} MB`,
        ]
      : []),
  ]
}
