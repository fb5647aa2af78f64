// This is the process of one cell. It gets one request and gives one report: as messages from and
// to the Node.js that has forked it, or in two files, which its arguments name, in every other
// runtime.
import { writeFile } from 'node:fs/promises'
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as tick } from 'node:timers/promises'
import { type Backend, type Profiler, slowed } from '@mnist-lab/backends'
import { backendByName } from '@mnist-lab/backends/node'
import { javaScriptRuntime, readBounded } from '@mnist-lab/core/node'
import { loadMnist } from '@mnist-lab/data/node'
import type { CellReport, CellRequest } from '../measure/cell-report.js'
import type { ProcessTools } from '../measure/opened-cell.js'
import { WORK_FOR_PURPOSE } from '../measure/purposes.js'
import { MAX_REPORT_CHARACTERS, parseReportText, reportText } from '../page/report-text.js'
import { splitRuntime } from '../protocol/engine-name.js'
import type { BenchRuntime } from '../results/cell-schema.js'
import { machineMs } from './environment.js'

async function report(request: CellRequest): Promise<CellReport> {
  try {
    const measured = await WORK_FOR_PURPOSE[request.purpose](request, {
      backend: (profiler) => backendOf(request, profiler),
      loadData: () => loadMnist(),
      now: () => performance.now(),
      epochMs: () => Date.now(),
      process: processTools(),
    })
    return measured.status === 'ok' ? { ...measured, runtime: ownRuntime() } : measured
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function backendOf(
  { backend: name, askedThreads, slowDown }: CellRequest,
  profiler: Profiler | undefined,
): Backend {
  const backend = backendByName(splitRuntime(name).backend, {
    ...(askedThreads === undefined ? {} : { threads: askedThreads }),
    ...(profiler === undefined ? {} : { profiler }),
  })
  return slowDown === undefined ? backend : slowed(backend, slowDown)
}

/** Returns the runtime that this process runs in. */
function ownRuntime(): BenchRuntime {
  return { ...javaScriptRuntime(), clock: 'own', notes: [] }
}

// Ctrl-C reaches every process of the terminal. The parent decides when this one ends, and may have
// ended already.
process.on('SIGINT', () => {})
const [requestFile, reportFile] = process.argv.slice(2)
if (requestFile === undefined || reportFile === undefined) {
  process.on('disconnect', () => process.exit(1))
  process.once('message', (request: CellRequest) => {
    void report(request).then((answer) => process.send!(answer, () => process.exit(0)))
  })
} else {
  // The parent never writes to stdin, which ends when the parent does.
  process.stdin.on('end', () => process.exit(1)).resume()
  const text = new TextDecoder().decode(await readBounded(requestFile, MAX_REPORT_CHARACTERS))
  const request = parseReportText(text) as CellRequest
  await writeFile(reportFile, reportText(await report(request)))
  process.exit(0)
}

/** Describes this process. It can collect garbage if Node.js was started with --expose-gc. */
function processTools(): ProcessTools {
  return {
    peakRssBytes: () => process.resourceUsage().maxRSS * 1024,
    jsBytes() {
      const { heapUsed, external } = process.memoryUsage()
      return { heap: heapUsed, external }
    },
    cpuMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    machineMs,
    collectGarbage: globalThis.gc === undefined ? undefined : collectGarbage,
    ...(tellsCollections() ? { watchCollections } : {}),
  }
}

/**
 * Collects garbage twice with a tick between. The first collection schedules work that frees memory
 * outside the heap.
 */
async function collectGarbage(): Promise<void> {
  globalThis.gc!()
  await tick()
  globalThis.gc!()
}

/** Returns whether the runtime tells a program of garbage collections, as Bun does not. */
function tellsCollections(): boolean {
  const { supportedEntryTypes: types } = PerformanceObserver as unknown as {
    readonly supportedEntryTypes?: readonly string[]
  }
  return types?.includes('gc') === true
}

function watchCollections(): () => Promise<{ count: number; ms: number }> {
  const begin = performance.now()
  const durations: number[] = []
  let end = Infinity
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      if (startTime >= begin && startTime < end) durations.push(duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  return async () => {
    end = performance.now()
    // The observer delivers entries in later ticks.
    await tick()
    await tick()
    observer.disconnect()
    return { count: durations.length, ms: durations.reduce((sum, ms) => sum + ms, 0) }
  }
}
