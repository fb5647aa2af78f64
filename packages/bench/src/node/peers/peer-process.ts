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
   * Sends a request and returns the answer. One request at a time.
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

/** Starts a peer's process. @param threads undefined lets the peer choose */
export type StartPeer = (
  command: PeerCommand,
  threads: number | undefined,
  signal: AbortSignal,
) => Promise<PeerProcess>

/** A peer could not go on. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
}

/** Starts a peer and opens its engine. @throws PeerError when it does not open, or not with these threads */
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
  // A process that is gone does not read. Its missing answer tells that.
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
        `to ${request.type} it answers ${line.value.slice(0, 200)}, not ${type}: see docs/peers.md`,
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
    // It is no message, and the caller shows it.
    return undefined
  }
}

/** The variables that tell many libraries their threads when they are loaded. torch.compile compiles in its own process, so that nothing outlives it. */
function threadEnvironment(threads: number | undefined): NodeJS.ProcessEnv {
  const count =
    threads === undefined
      ? {}
      : { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) }
  return { ...count, TORCHINDUCTOR_COMPILE_THREADS: '1' }
}
