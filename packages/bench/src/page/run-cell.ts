import type { CellReport } from '../measure/cell-report.js'
import type { CellMessage } from './cell-message.js'

/** Runs a cell in a fresh worker, which ends with it; an abort ends it at once. @param create see cell-worker.ts */
export function runCellInWorker(
  create: () => Worker,
  message: CellMessage,
  signal?: AbortSignal,
): Promise<CellReport> {
  return new Promise((resolve) => {
    const worker = create()
    const end = (report: CellReport) => {
      worker.terminate()
      signal?.removeEventListener('abort', abort)
      resolve(report)
    }
    const abort = () => end({ status: 'failed', reason: 'interrupted' })
    signal?.addEventListener('abort', abort)
    worker.addEventListener('message', ({ data }: MessageEvent<CellReport>) => end(data))
    worker.addEventListener('error', ({ message }) => end({ status: 'failed', reason: message }))
    worker.postMessage(message)
  })
}
