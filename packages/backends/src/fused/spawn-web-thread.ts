import { receiveAnswer, type SpawnThread, type ThreadAnswer } from './threads.js'

/**
 * Returns a function that starts a thread from a page or from a worker of a page, or undefined if
 * memory cannot be shared.
 */
export function webThreads(): SpawnThread | undefined {
  if (typeof Worker !== 'function' || !globalThis.crossOriginIsolated) return undefined
  return () => {
    if ((import.meta as { readonly url?: string }).url === undefined)
      throw new Error(
        'a bundle that is not a module does not contain the script of a helper thread',
      )
    const name = `mnist-lab ${crypto.randomUUID()}`
    const worker = new Worker(new URL('./web-thread.js', import.meta.url), { type: 'module', name })
    let ready: () => void
    let failed: (error: unknown) => void
    let watched = false
    worker.addEventListener('message', ({ data }: MessageEvent<ThreadAnswer>) => {
      // A thread that answers holds the lock of its name.
      if (!watched) whenReleased(name, () => failed(new Error('it ended')), failed)
      watched = true
      receiveAnswer(data, ready, failed)
    })
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

/**
 * Calls a listener when the lock of a thread is released. Browsers have no event for a worker that
 * ends, but they release its locks, whatever ended it.
 */
function whenReleased(name: string, released: () => void, failed: (error: unknown) => void): void {
  navigator.locks.request(name, released).catch(failed)
}
