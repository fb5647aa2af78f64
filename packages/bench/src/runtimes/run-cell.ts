import { fork } from 'node:child_process'
import type { CellReport, RunCell } from '../measure/cell-report.js'
import { crashReason, STDERR_KEPT } from './crash-reason.js'

/**
 * Runs a request in a Node.js process of its own, which ends with it. An abort kills the process. It may collect garbage when it
 * likes: before the timed steps, not in them.
 */
export const runCell: RunCell = (request, signal) =>
  new Promise((resolve) => {
    const child = fork(new URL('./cell.js', import.meta.url), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
      execArgv: [...process.execArgv, '--expose-gc'],
    })
    let report: CellReport | undefined
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT)
    })
    child.on('message', (message) => {
      report = message as CellReport
    })
    // It could not be started, or was aborted: `close` may then never come, or come later and change nothing.
    child.on('error', (error) => resolve({ status: 'failed', reason: error.message }))
    // `close`, not `exit`: by then stderr has ended too.
    child.on('close', (code, killedBy) => {
      resolve(
        report ?? {
          status: 'failed',
          reason: crashReason(stderr, killedBy ?? `exit code ${code}`),
        },
      )
    })
    child.send(request)
  })
