// The child process: one request in, one report out.
import { backendByName } from '@mnist-lab/backends/node'
import { mnist } from '@mnist-lab/data/node'
import type { CellReport, CellRequest } from './cell-report.js'
import { measureCell } from './measure.js'

async function report(request: CellRequest): Promise<CellReport> {
  const { backend, threads } = request
  try {
    return await measureCell(request, {
      backend: backendByName(backend, threads === undefined ? {} : { threads }),
      loadData: () => mnist(),
      now: () => performance.now(),
      peakRssBytes: () => process.resourceUsage().maxRSS * 1024,
    })
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

// Ctrl-C reaches every process of the terminal; the parent decides what becomes of this one, and may be gone.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(1))
process.once('message', (request: CellRequest) => {
  void report(request).then((answer) => process.send!(answer, () => process.exit(0)))
})
