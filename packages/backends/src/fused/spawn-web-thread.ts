import type { SpawnThread } from './threads.js'

/** How a page, or a worker of one, starts a thread; undefined where memory cannot be shared. */
export function webThreads(): SpawnThread | undefined {
  if (typeof Worker !== 'function' || !globalThis.crossOriginIsolated) return undefined
  return () => {
    const worker = new Worker(new URL('./web-thread.js', import.meta.url), { type: 'module' })
    let ready: () => void
    let failed: (error: unknown) => void
    worker.addEventListener('message', () => ready())
    worker.addEventListener('error', ({ message }) => failed(new Error(message)))
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
