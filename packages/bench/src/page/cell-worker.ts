import { type Backend, type Profiler, slowed } from '@mnist-lab/backends'
import { webBackend } from '@mnist-lab/backends/web'
import { fetchMnist } from '@mnist-lab/data'
import type { CellReport } from '../measure/cell-report.js'
import { calibrateTimer } from '../measure/clock.js'
import { WORK_FOR_PURPOSE } from '../measure/purposes.js'
import { splitRuntime } from '../protocol/engine-name.js'
import type { CellMessage } from './run-in-worker.js'

async function report(message: CellMessage): Promise<CellReport> {
  const { request, dataUrl, dataSuffix, dataCache } = message
  const now = () => performance.now()
  try {
    const cache = dataCache === undefined ? undefined : await caches.open(dataCache)
    const measured = await WORK_FOR_PURPOSE[request.purpose](request, {
      backend: (profiler) => backendOf(message, profiler),
      loadData: () =>
        fetchMnist({
          url: (file) => `${dataUrl}${file}${dataSuffix}`,
          ...(cache === undefined ? {} : { cache }),
        }),
      now,
      epochMs: () => Date.now(),
      process: {},
    })
    if (measured.status !== 'ok') return measured
    return {
      ...measured,
      browser: {
        crossOriginIsolated: globalThis.crossOriginIsolated,
        timerResolutionMs: calibrateTimer({ now }).resolutionMs,
      },
    }
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function backendOf({ request, wasmUrl }: CellMessage, profiler: Profiler | undefined): Backend {
  const { askedThreads, slowDown } = request
  const backend = webBackend(splitRuntime(request.backend).backend, {
    wasmPath: wasmUrl,
    ...(askedThreads === undefined ? {} : { threads: askedThreads }),
    ...(profiler === undefined ? {} : { profiler }),
  })
  return slowDown === undefined ? backend : slowed(backend, slowDown)
}

/**
 * Makes this web worker carry out each {@link CellMessage} that it is sent, and post the report of
 * it.
 */
export function answerCellMessages(): void {
  globalThis.addEventListener('message', ({ data }: MessageEvent<CellMessage>) => {
    void report(data).then((answer) => globalThis.postMessage(answer))
  })
}
