// This script runs in a helper thread in a browser.
import { serveThread } from './serve-thread.js'
import type { ThreadMessage } from './threads.js'

const serve = serveThread((answer) => globalThis.postMessage(answer))
globalThis.addEventListener('message', ({ data }: MessageEvent<ThreadMessage>) => {
  void serve(data)
})
