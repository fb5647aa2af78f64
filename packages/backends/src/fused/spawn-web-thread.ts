import { receiveAnswer, type SpawnThread, type ThreadAnswer } from './threads.js'

/**
 * Returns a function that starts a thread from a page or from a worker of a page, or undefined if
 * memory cannot be shared.
 */
export function webThreads(): SpawnThread | undefined {
  if (typeof Worker !== 'function' || !globalThis.crossOriginIsolated) return undefined
  return () => {
    const worker = new Worker(new URL('./web-thread.js', import.meta.url), { type: 'module' })
    let ready: () => void
    let failed: (error: unknown) => void
    worker.addEventListener('message', ({ data }: MessageEvent<ThreadAnswer>) =>
      receiveAnswer(data, ready, failed),
    )
    // A script that cannot be loaded causes an event without a message.
    worker.addEventListener('error', ({ message }: Partial<ErrorEvent>) =>
      failed(new Error(message || 'its script could not be loaded')),
    )
    worker.addEventListener('messageerror', () => failed(new Error('a message was unreadable')))
    return {
      post: (message) => worker.postMessage(message),
      onReady: (listener) => {
        ready = listener
      },
      onError: (listener) => {
        failed = listener
      },
      hold: () => undefined,
      terminate: async () => worker.terminate(),
    }
  }
}
