import { Worker } from 'node:worker_threads'
import { type FusedOptions, fused as anywhere } from '../fused.js'
import type { SpawnThread } from '../fused/threads.js'
import type { Backend } from '../interface.js'

/** The fused engine with threads as Node.js has them. */
export function fused(options: FusedOptions = {}): Backend {
  return anywhere({ spawn: spawnThread, ...options })
}

/** Of the compiled package, which is all that Node.js can run, also where a test reads the sources. */
const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/node/fused-thread.js' : 'fused-thread.js',
  import.meta.url,
)

const spawnThread: SpawnThread = () => {
  // Without the program's loaders and conditions, which are for its own modules.
  const worker = new Worker(SCRIPT, { execArgv: [] })
  let ready: () => void
  let failed: (error: unknown) => void
  worker.on('message', () => ready())
  worker.on('error', (error) => failed(error))
  return {
    post: (message) => worker.postMessage(message),
    onReady: (listener) => {
      ready = listener
    },
    onError: (listener) => {
      failed = listener
    },
    hold: (on) => (on ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate()
    },
  }
}
