// This script runs in a helper thread in a browser.
import { serveThread } from './serve-thread.js'
import type { ThreadAnswer, ThreadMessage } from './threads.js'

const answer = (message: ThreadAnswer) => globalThis.postMessage(message)
const serve = serveThread(answer)

/**
 * Resolves when this thread holds the lock of its name. It never releases the lock, so the lock
 * tells the thread that waits for it when this one has ended.
 */
const locked = new Promise<void>((resolve, reject) => {
  navigator.locks
    .request((globalThis as typeof globalThis & { readonly name: string }).name, () => {
      resolve()
      return new Promise(() => {})
    })
    .catch(reject)
})

globalThis.addEventListener('message', ({ data }: MessageEvent<ThreadMessage>) => {
  void locked.then(
    () => serve(data),
    (error) => answer({ failed: String(error) }),
  )
})
