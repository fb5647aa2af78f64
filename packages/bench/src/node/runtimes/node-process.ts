import { fork } from 'node:child_process'
import { printable } from '@mnist-lab/core'
import type { CellReport, RunCell } from '../../measure/cell-report.js'
import { MAX_TEXT } from '../../protocol/text-schema.js'

/** The module of a cell's process. */
export const CELL_PROCESS = new URL('../cell-process.js', import.meta.url)

/** Options of {@link runInNodeProcess}. */
interface NodeProcessOptions {
  /** Arguments for Node.js itself, beside those of this process. */
  readonly flags?: readonly string[]
  /** The module that carries out requests, which tests replace. */
  readonly program?: URL
}

/**
 * Runs a request in a new process of this Node.js, which ends with it. An abort kills the process.
 * The process may collect garbage on request, which it does before and after the timed steps and
 * never within them.
 */
export const runInNodeProcess = (
  request: Parameters<RunCell>[0],
  signal: AbortSignal,
  { flags = [], program = CELL_PROCESS }: NodeProcessOptions = {},
): Promise<CellReport> =>
  new Promise((resolve) => {
    const child = fork(program, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
      execArgv: [...process.execArgv, '--expose-gc', ...flags],
    })
    let report: CellReport | undefined
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT)
    })
    child.on('message', (message) => {
      report = message as CellReport
    })
    // The process could not be started, or was aborted. `close` may then never come, or comes later
    // and has no effect.
    child.on('error', (error) => resolve({ status: 'failed', reason: error.message }))
    // Unlike `exit`, `close` comes after stderr has ended too.
    child.on('close', (code, killedBy) => {
      resolve(
        report ?? {
          status: 'failed',
          reason: crashReason(stderr, killedBy ?? `exit code ${code}`),
        },
      )
    })
    // Sending to an ended process fails. `close` reports that.
    child.send(request, () => {})
  })

/** Says how many characters of stderr are kept: enough for the last lines of any crash. */
export const STDERR_KEPT = 64 * 1024

/** Returns the last informative line of stderr, and how the process ended. */
export function crashReason(stderr: string, ending: string): string {
  const noise = /^\s*$|^\s+at |^Node\.js v|^\s*\d+: 0x|^-+ .* -+$/
  const line = stderr.split('\n').findLast((text) => !noise.test(text))
  return line === undefined
    ? `the process ended (${ending}) without a message`
    : `${printable(line, MAX_TEXT)} (${ending})`
}
