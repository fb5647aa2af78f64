import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { crashReason, STDERR_KEPT } from '../node-runtime.js'
import type { PeerCommand } from '../../protocol/plan.js'
import { PEER_PROTOCOL, type PeerAnswer, type PeerInfo, type PeerRequest } from './messages.js'

/** The process of a peer, which waits between requests. */
export interface PeerProcess {
  readonly name: string
  readonly info: PeerInfo
  /**
   * Sends a request and returns the answer. The next request must wait for it.
   *
   * @throws PeerError when the process says that it failed, answers something else, or ends
   */
  ask<T extends Exclude<PeerAnswer['type'], 'failed'>>(
    request: PeerRequest,
    answer: T,
  ): Promise<Extract<PeerAnswer, { type: T }>>
  /** Ends the process. */
  stop(): void
}

/** Starts a peer's process. If `threads` is undefined, the peer chooses. */
export type StartPeer = (
  command: PeerCommand,
  threads: number | undefined,
  signal: AbortSignal,
) => Promise<PeerProcess>

/** Reports that a peer failed or ended. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
}

/**
 * Starts a peer and opens its engine.
 *
 * @throws PeerError when it does not open, or opens with another number of threads
 */
export const startPeer: StartPeer = async ({ name, executable, args }, threads, signal) => {
  const child = spawn(executable, args, {
    stdio: 'pipe',
    signal,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...threadEnvironment(threads) },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  const ended = new Promise<PeerError>((resolve) => {
    child.on('error', (error) => resolve(new PeerError(error.message)))
    child.on('close', (code, killedBy) =>
      resolve(new PeerError(crashReason(stderr, killedBy ?? `exit code ${code}`))),
    )
  })
  // Writing to an ended process fails. The missing answer reports that.
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask<T extends PeerAnswer['type']>(
    request: PeerRequest,
    type: T,
  ): Promise<Extract<PeerAnswer, { type: T }>> {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const line = await lines.next()
    if (line.done === true) throw await ended
    const said = parseAnswer(line.value)
    if (said?.type === 'failed') throw new PeerError(said.reason)
    if (said?.type !== type)
      throw new PeerError(
        `its answer to ${request.type} is ${line.value.slice(0, 200)}, expected ${type}: see docs/peers.md`,
      )
    return said as Extract<PeerAnswer, { type: T }>
  }

  const stop = () => void child.kill('SIGKILL')
  try {
    const { info } = await ask(
      { type: 'open', protocol: PEER_PROTOCOL, ...(threads === undefined ? {} : { threads }) },
      'hello',
    )
    if (threads !== undefined && info.threads !== threads)
      throw new PeerError(
        `it runs ${info.threads} thread${info.threads === 1 ? '' : 's'}, not ${threads}`,
      )
    return { name, info, stop, ask }
  } catch (error) {
    stop()
    throw error
  }
}

function parseAnswer(line: string): PeerAnswer | undefined {
  try {
    return JSON.parse(line) as PeerAnswer
  } catch {
    // The line is not a message. The caller shows it.
    return undefined
  }
}

/**
 * Returns the variables from which many libraries read their number of threads. torch.compile
 * compiles in its own process, so that no other process outlives it.
 */
function threadEnvironment(threads: number | undefined): NodeJS.ProcessEnv {
  const count =
    threads === undefined
      ? {}
      : { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) }
  return { ...count, TORCHINDUCTOR_COMPILE_THREADS: '1' }
}
