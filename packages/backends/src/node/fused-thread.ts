// This script runs in a helper thread in Node.js.
import { parentPort } from 'node:worker_threads'
import { serveThread } from '../fused/serve-thread.js'
import type { ThreadMessage } from '../fused/threads.js'

const serve = serveThread((answer) => parentPort!.postMessage(answer))
parentPort!.on('message', (message: ThreadMessage) => {
  void serve(message)
})
