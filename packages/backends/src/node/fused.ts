import { Worker } from 'node:worker_threads'
import { type FusedOptions, fused as anywhere } from '../fused.js'
import { receiveAnswer, type SpawnThread, type ThreadAnswer } from '../fused/threads.js'
import type { Backend } from '../interface.js'

/** Returns the fused engine with Node.js's worker threads. */
export function fused(options: FusedOptions = {}): Backend {
  return anywhere({ spawn: spawnThread, ...options })
}

/** Starts a worker thread. */
export const spawnThread: SpawnThread = () => spawnScript(threadScript())

/**
 * Returns the script of the compiled package: Node.js can run nothing else, also where a test reads
 * the sources.
 *
 * @throws Error in a bundle of CommonJS, which does not know where it is
 */
function threadScript(): URL {
  const { url } = import.meta as { readonly url?: string }
  if (url === undefined) throw new Error('a bundle does not contain the script of a thread')
  return new URL(url.endsWith('.ts') ? '../../dist/node/fused-thread.js' : 'fused-thread.js', url)
}

/** Starts a worker thread that runs a script. */
export function spawnScript(script: URL): ReturnType<SpawnThread> {
  // Without the program's loaders and conditions, which are for its own modules.
  const worker = new Worker(script, { execArgv: [] })
  let ready: () => void
  let failed: (error: unknown) => void
  worker.on('message', (answer: ThreadAnswer) => receiveAnswer(answer, ready, failed))
  worker.on('error', (error) => failed(error))
  worker.on('messageerror', (error) => failed(error))
  worker.on('exit', (code) => failed(new Error(`it ended with exit code ${code}`)))
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
