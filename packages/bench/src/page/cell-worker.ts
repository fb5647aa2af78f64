// Runs one cell in a browser, in a worker of its own: a request in, a report out.
import { type Backend, type Profiler, slowed } from '@mnist-lab/backends'
import { webBackend } from '@mnist-lab/backends/web'
import { fetchMnist } from '@mnist-lab/data'
import type { CellReport } from '../measure/cell-report.js'
import { calibrateTimer } from '../measure/clock.js'
import { takeApart } from '../runtimes/place-name.js'
import { WORK } from '../measure/work.js'
import type { CellMessage } from './cell-message.js'

async function report(message: CellMessage): Promise<CellReport> {
  const { request, dataUrl, dataSuffix, dataCache } = message
  const now = () => performance.now()
  try {
    const cache = dataCache === undefined ? undefined : await caches.open(dataCache)
    const measured = await WORK[request.purpose](request, {
      backend: (profiler) => backendOf(message, profiler),
      loadData: () =>
        fetchMnist({
          url: (file) => `${dataUrl}${file}${dataSuffix}`,
          ...(cache === undefined ? {} : { cache }),
        }),
      now,
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
  const backend = webBackend(takeApart(request.backend).backend, {
    wasmPath: wasmUrl,
    ...(askedThreads === undefined ? {} : { threads: askedThreads }),
    ...(profiler === undefined ? {} : { profiler }),
  })
  return slowDown === undefined ? backend : slowed(backend, slowDown)
}

globalThis.addEventListener('message', ({ data }: MessageEvent<CellMessage>) => {
  void report(data).then((answer) => globalThis.postMessage(answer))
})
