import { trainToAccuracy } from './accuracy-run.js'
import type { CellReport, CellRequest } from './cell-report.js'
import { tracePrefixes } from './divergence.js'
import { measureCell } from './measure.js'
import { profileCell } from './profile.js'
import type { CellTools } from './training.js'

/** What a process, or a page, does for each purpose. */
export const WORK: Readonly<
  Record<CellRequest['purpose'], (request: CellRequest, tools: CellTools) => Promise<CellReport>>
> = {
  measure: measureCell,
  reference: measureCell,
  overhead: measureCell,
  profile: profileCell,
  accuracy: trainToAccuracy,
  divergence: tracePrefixes,
}
