// The child process: one request in, one report out.
import { type Backend, type Profiler, slowed } from '@mnist-lab/backends'
import { backendByName } from '@mnist-lab/backends/node'
import { loadMnist } from '@mnist-lab/data/node'
import type { CellReport, CellRequest } from '../measure/cell-report.js'
import { processTools } from './process-tools.js'
import { WORK } from '../measure/work.js'

async function report(request: CellRequest): Promise<CellReport> {
  try {
    return await WORK[request.purpose](request, {
      backend: (profiler) => backendOf(request, profiler),
      loadData: () => loadMnist(),
      now: () => performance.now(),
      process: processTools(),
    })
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function backendOf(
  { backend: name, askedThreads, slowDown }: CellRequest,
  profiler: Profiler | undefined,
): Backend {
  const backend = backendByName(name, {
    ...(askedThreads === undefined ? {} : { threads: askedThreads }),
    ...(profiler === undefined ? {} : { profiler }),
  })
  return slowDown === undefined ? backend : slowed(backend, slowDown)
}

// Ctrl-C reaches every process of the terminal; the parent decides what becomes of this one, and may be gone.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(1))
process.once('message', (request: CellRequest) => {
  void report(request).then((answer) => process.send!(answer, () => process.exit(0)))
})
