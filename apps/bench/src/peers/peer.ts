import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { crashReason, STDERR_KEPT } from '../run-cell.js'
import type { PeerAnswer, PeerInfo, PeerRequest } from './messages.js'
import { isTorch, type Setup } from './setup.js'

/** A set-up in a process of its own, which waits between requests. */
export interface Peer {
  readonly setup: Setup
  readonly info: PeerInfo
  /**
   * One request at a time.
   *
   * @throws PeerError when the process says that it failed, or ends
   */
  ask<T extends Exclude<PeerAnswer['type'], 'failed'>>(
    request: PeerRequest, answer: T): Promise<Extract<PeerAnswer, { type: T }>>
  /** Ends the process. */
  stop(): void
}

/** Starts a process; `python` is for PyTorch's. */
export type StartPeer = (setup: Setup, python: string | undefined, signal: AbortSignal) => Promise<Peer>

/** Why a process could not go on. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
}

const OURS = fileURLToPath(new URL('./our-peer.js', import.meta.url))
const TORCHS = fileURLToPath(new URL('../../peers/peer.py', import.meta.url))

/** @throws PeerError when the engine does not open, or not with these threads */
export const startPeer: StartPeer = async (setup, python, signal) => {
  const { engine, threads } = setup
  const [program, script] = isTorch(engine) ? [python ?? 'python3', TORCHS] : [process.execPath, OURS]
  const child = spawn(program, [script, engine, String(threads)], {
    stdio: 'pipe', signal, killSignal: 'SIGKILL', env: { ...process.env, ...torchEnvironment(setup) },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  const ended = new Promise<PeerError>((resolve) => {
    child.on('error', (error) => resolve(new PeerError(error.message)))
    child.on('close', (code, killedBy) => resolve(new PeerError(crashReason(stderr, killedBy ?? `exit code ${code}`))))
  })
  // A process that is gone does not read; that its answer does not come says so.
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function answer<T extends PeerAnswer['type']>(type: T): Promise<Extract<PeerAnswer, { type: T }>> {
    const line = await lines.next()
    if (line.done === true) throw await ended
    const said = JSON.parse(line.value) as PeerAnswer
    if (said.type === 'failed') throw new PeerError(said.reason)
    if (said.type !== type) throw new Error(`${setup.name}: expected ${type}, got ${line.value.slice(0, 200)}`)
    return said as Extract<PeerAnswer, { type: T }>
  }

  const stop = () => void child.kill('SIGKILL')
  try {
    const { info } = await answer('hello')
    if (info.threads !== threads) throw new PeerError(`it runs ${info.threads} thread(s), not ${threads}`)
    return {
      setup, info, stop,
      ask(request, type) {
        child.stdin.write(`${JSON.stringify(request)}\n`)
        return answer(type)
      },
    }
  } catch (error) {
    stop()
    throw error
  }
}

/** Every library's threads as asked for; torch.compile compiles in its own process, so that nothing outlives it. */
function torchEnvironment({ engine, threads }: Setup): NodeJS.ProcessEnv {
  if (!isTorch(engine)) return {}
  return { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads), TORCHINDUCTOR_COMPILE_THREADS: '1' }
}
