import type { OkReport } from './cell-report.js'

/**
 * Adds the time from `begin`, in milliseconds since 1970, to the end of the first step, without
 * loading the data. A report that has such a time keeps it.
 */
export function withStartUp(report: OkReport, begin: number): OkReport {
  const { timings, firstStepAt } = report
  if (timings === undefined || firstStepAt === undefined || timings.startUp !== undefined)
    return report
  const startUp = Math.max(0, firstStepAt - begin - (timings.load ?? 0))
  return { ...report, timings: { ...timings, startUp } }
}
