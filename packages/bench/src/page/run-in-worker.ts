import type { CellReport, CellRequest } from '../measure/cell-report.js'

/** The message to the worker of a cell. */
export interface CellMessage {
  readonly request: CellRequest
  /** The text before the names of MNIST's files in their addresses, and the text after them. */
  readonly dataUrl: string
  readonly dataSuffix: '' | '.gz'
  /** The address of TensorFlow.js's .wasm files. */
  readonly wasmUrl: string
  /** The name of the cache that keeps the data. */
  readonly dataCache?: string
}

/**
 * Runs a cell in a fresh worker, which ends with it. An abort ends it at once.
 *
 * @param create starts a worker whose script calls `answerCellMessages`
 */
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
