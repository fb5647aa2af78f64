// Runs one cell in a browser, in a worker of its own: a request in, a report out.
import { webBackend } from '@mnist-lab/backends/web'
import { fetchMnist, type FileCache } from '@mnist-lab/data'
import type { CellReport } from '../cell-report.js'
import { measureCell } from '../measure.js'
import { takeApart } from '../place-name.js'
import type { CellMessage } from './cell-message.js'
import { timerResolution } from './timer-resolution.js'

async function report({ request, dataUrl, dataSuffix, wasmUrl, dataCache }: CellMessage): Promise<CellReport> {
  const { backend, threads } = { ...request, ...takeApart(request.backend) }
  const now = () => performance.now()
  try {
    const cache: FileCache | undefined = dataCache === undefined ? undefined : await caches.open(dataCache)
    const measured = await measureCell({ ...request, backend }, {
      backend: webBackend(backend, { wasmPath: wasmUrl, ...threads === undefined ? {} : { threads } }),
      loadData: () => fetchMnist({ url: (file) => `${dataUrl}${file}${dataSuffix}`, ...cache === undefined ? {} : { cache } }),
      now,
    })
    if (measured.status !== 'ok') return measured
    return { ...measured, browser: { crossOriginIsolated: globalThis.crossOriginIsolated, timerResolutionMs: timerResolution(now) } }
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<CellMessage>) => {
  void report(data).then((answer) => globalThis.postMessage(answer))
})
