import { Worker } from 'node:worker_threads'
import { type FusedOptions, fused as fusedWithoutSpawn } from '../fused.js'
import { receiveAnswer, type SpawnThread, type ThreadAnswer } from '../fused/threads.js'
import { type Backend, BackendError } from '../interface.js'

/** Creates the fused backend with worker threads of Node.js. */
export function fused(options: FusedOptions = {}): Backend {
  return fusedWithoutSpawn({ spawn: spawnThread, ...options })
}

/** Starts a worker thread. */
export const spawnThread: SpawnThread = () => spawnScript(threadScript())

/**
 * Returns the address of the thread's script in the compiled package. Node.js cannot run the
 * sources, so tests that import the sources use the compiled script too.
 *
 * @throws Error in a CommonJS bundle, which does not know its own address
 */
function threadScript(): URL {
  const { url } = import.meta as { readonly url?: string }
  if (url === undefined)
    throw new Error('a CommonJS bundle does not contain the script of a helper thread')
  return new URL(url.endsWith('.ts') ? '../../dist/node/fused-thread.js' : 'fused-thread.js', url)
}

/**
 * Starts a worker of Node.js.
 *
 * @throws BackendError when Node.js's permission model forbids threads
 */
function startWorker(script: URL): Worker {
  try {
    // The program's own Node.js flags (loaders, conditions) are not passed on to the thread.
    return new Worker(script, { execArgv: [] })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_ACCESS_DENIED'))
      throw cause
    throw new BackendError({
      where: 'backend fused',
      what: 'the permissions of Node.js allow no threads without --allow-worker',
      hint: 'start Node.js with --allow-worker',
      cause,
    })
  }
}

/** Starts a worker thread that runs a script. */
export function spawnScript(script: URL): ReturnType<SpawnThread> {
  const worker = startWorker(script)
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
