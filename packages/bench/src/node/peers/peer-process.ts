import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { JsonError, parseForeignJson, printable } from '@mnist-lab/core'
import { ANSWER_SECONDS, secondsFor } from '../../protocol/limits.js'
import type { PeerCommand } from '../../protocol/plan.js'
import { MAX_TEXT } from '../../protocol/text-schema.js'
import { endOfProcess } from '../process-end.js'
import { AnswerLines, LineError, MAX_LINE_BYTES } from './answer-lines.js'
import {
  ANSWER_SCHEMAS,
  type AnswerOf,
  type AnswerType,
  PEER_PROTOCOL,
  type PeerInfo,
  type PeerRequest,
} from './messages.js'

/** The process of a peer, which waits between requests. */
export interface PeerProcess {
  readonly name: string
  readonly info: PeerInfo
  /**
   * Sends a request and returns the answer. The next request must wait for it.
   *
   * @throws PeerError when the process says that it failed, answers something else or more than
   * once, is silent for too long, or ends
   */
  ask<T extends Exclude<AnswerType, 'failed'>>(
    request: PeerRequest,
    answer: T,
  ): Promise<AnswerOf<T>>
  /**
   * Waits for a moment after the last answer.
   *
   * @throws PeerError when the process says more than it was asked
   */
  assertQuiet(): Promise<void>
  /** Ends the process and those that it has started. */
  stop(): void
}

/**
 * Starts a peer's process. If `threads` is undefined, the peer chooses.
 *
 * @param answerSeconds how long it may take for an answer beyond the steps that it was asked for
 */
export type StartPeer = (
  command: PeerCommand,
  threads: number | undefined,
  signal: AbortSignal,
  answerSeconds?: number,
) => Promise<PeerProcess>

/** Reports that a peer failed or ended. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
}

/** The milliseconds after the last answer in which another answer is noticed. */
const QUIET_MS = 20

/**
 * Starts a peer and opens its engine.
 *
 * @throws PeerError when it does not open, or opens with another number of threads
 */
export const startPeer: StartPeer = async (
  command,
  threads,
  signal,
  answerSeconds = ANSWER_SECONDS,
) => {
  signal.throwIfAborted()
  const child = spawned(command, threads)
  const stop = () => {
    signal.removeEventListener('abort', stop)
    killGroup(child)
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
  }
  signal.addEventListener('abort', stop)
  const lines = new AnswerLines(child.stdout)
  const ended = endOfProcess(child).then((reason) => new PeerError(reason))

  async function ask<T extends AnswerType>(request: PeerRequest, type: T): Promise<AnswerOf<T>> {
    const seconds = secondsFor(request, answerSeconds)
    const answered = new AbortController()
    const silence = pause(seconds * 1000, undefined, { signal: answered.signal }).then(
      () =>
        new PeerError(`it did not answer to ${request.type} within ${seconds} s; see --timeout`),
    )
    // The pause is given up as soon as there is an answer.
    silence.catch(() => {})
    child.stdin.write(`${JSON.stringify(request)}\n`)
    try {
      const line = await Promise.race([lines.next(), ended, silence])
      if (typeof line !== 'string') throw line
      return answerOf(line, request, type)
    } catch (error) {
      throw error instanceof LineError ? wrongLine(error) : error
    } finally {
      answered.abort()
    }
  }

  async function assertQuiet(): Promise<void> {
    await pause(QUIET_MS)
    if (lines.error !== undefined) throw wrongLine(lines.error)
  }

  try {
    const { info } = await ask(
      { type: 'open', protocol: PEER_PROTOCOL, ...(threads === undefined ? {} : { threads }) },
      'hello',
    )
    if (threads !== undefined && info.threads !== threads)
      throw new PeerError(
        `it runs ${info.threads} thread${info.threads === 1 ? '' : 's'}, not ${threads}`,
      )
    return { name: command.name, info, stop, ask, assertQuiet }
  } catch (error) {
    stop()
    throw error
  }
}

/**
 * Starts the program in a process group of its own, so that the processes that it starts end with
 * it.
 */
function spawned(
  { executable, args }: PeerCommand,
  threads: number | undefined,
): ChildProcessWithoutNullStreams {
  try {
    return spawn(executable, args, {
      stdio: 'pipe',
      detached: OWN_GROUP,
      env: { ...process.env, ...threadEnvironment(threads) },
    })
  } catch (error) {
    throw new PeerError(printable(error instanceof Error ? error.message : String(error), MAX_TEXT))
  }
}

/** Windows has no process groups. */
const OWN_GROUP = process.platform !== 'win32'

function killGroup(child: ChildProcessWithoutNullStreams): void {
  child.kill('SIGKILL')
  if (!OWN_GROUP || child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: the whole group has ended. EPERM: macOS says so of a group of dead processes.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/**
 * Checks a line that a peer wrote as the answer to a request.
 *
 * @param type the expected answer
 * @throws PeerError when the peer says that it failed, or the line is another answer or none
 */
export function answerOf<T extends AnswerType>(
  line: string,
  request: PeerRequest,
  type: T,
): AnswerOf<T> {
  const asked = request.type
  const said = parsedJson(line, asked)
  const failed = ANSWER_SCHEMAS.failed.safeParse(said)
  if (failed.success) throw new PeerError(failed.data.reason || 'it failed without a reason')
  if ((said as { type?: unknown } | null | undefined)?.type !== type)
    throw new PeerError(
      `its answer to ${asked} is ${printable(line, SHOWN)}, expected ${type}: see docs/peers.md`,
    )
  const answer = ANSWER_SCHEMAS[type].safeParse(said)
  if (answer.success) {
    const { data } = answer
    if (
      request.type === 'prepare' &&
      data.type === 'ready' &&
      data.losses.length !== request.paritySteps
    )
      throw new PeerError(`it reports ${data.losses.length} losses, not ${request.paritySteps}`)
    return data as AnswerOf<T>
  }
  const { path, message } = answer.error.issues[0]!
  throw new PeerError(
    `its answer to ${asked} has a wrong ${printable(path.join('.'), SHOWN)}: ${printable(message, SHOWN)}; see docs/peers.md`,
  )
}

function wrongLine({ message }: LineError): PeerError {
  return new PeerError(`${message}; see docs/peers.md`)
}

/** Says how many characters of a wrong answer are shown. */
const SHOWN = 200

function parsedJson(line: string, asked: string): unknown {
  try {
    return parseForeignJson(line, { maxSize: MAX_LINE_BYTES })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    const { what, expected } = error.facts
    // The line is not a message. The caller shows it.
    if (expected === undefined) return undefined
    throw new PeerError(
      `its answer to ${asked} is ${what}, expected ${expected}; see docs/peers.md`,
    )
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
