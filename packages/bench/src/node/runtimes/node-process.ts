import { fork } from 'node:child_process'
import type { CellReport, RunCell } from '../../measure/cell-report.js'
import { crashReason, lastOf } from '../process-end.js'

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
    const stderr = lastOf(child.stderr!)
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
          reason: crashReason(stderr(), killedBy ?? `exit code ${code}`),
        },
      )
    })
    // Sending to an ended process fails. `close` reports that.
    child.send(request, () => {})
  })
