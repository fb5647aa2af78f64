import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readIfThere } from '@mnist-lab/core/node'
import type { CellReport, CellRequest } from '../../measure/cell-report.js'
import { MAX_REPORT_CHARACTERS, parseReportText, reportText } from '../../page/report-text.js'
import { crashReason, lastOf } from '../process-end.js'
import { CELL_PROCESS } from './node-process.js'

/** A program that runs modules as Node.js does. */
export interface CellProgram {
  readonly path: string
  /**
   * Returns the arguments before the path of the module.
   *
   * @param folder the only folder that the process writes to
   */
  readonly args: (folder: string) => readonly string[]
  /** Environment variables in addition to those of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Runs a request in a new process of a program, which ends with it. An abort kills the process.
 * Request and report are files of text, because the program may be of another version than this
 * one, or not Node.js at all. The files are removed afterwards.
 *
 * @param module the module that carries out requests; tests replace it
 */
export async function runInProgram(
  request: CellRequest,
  signal: AbortSignal,
  program: CellProgram,
  module: URL = CELL_PROCESS,
): Promise<CellReport> {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-lab-cell-'))
  try {
    const [requestFile, reportFile] = [join(folder, 'request.json'), join(folder, 'report.json')]
    await writeFile(requestFile, reportText(request))
    const args = [...program.args(folder), fileURLToPath(module), requestFile, reportFile]
    const ended = await endOf(program, args, signal)
    // A process that has failed may have written a part of its report.
    const report = ended.ok ? await readIfThere(reportFile, MAX_REPORT_CHARACTERS) : undefined
    if (report !== undefined) return parseReportText(new TextDecoder().decode(report)) as CellReport
    return { status: 'failed', reason: ended.reason }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Starts a program and waits for its end. Returns whether it ended with 0, and how it ended. */
function endOf(
  { path, environment = {} }: CellProgram,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly reason: string }> {
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      // The process ends when its stdin does, which is when this process ends.
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
      signal,
      killSignal: 'SIGKILL',
    })
    const stderr = lastOf(child.stderr)
    // Without a listener, a process that has closed its stdin would end this one.
    child.stdin.on('error', () => {})
    child.on('error', (error) => {
      // After an abort `close` comes later, when the process no longer writes to the folder.
      if (child.pid === undefined) resolve({ ok: false, reason: error.message })
    })
    child.on('close', (code, killedBy) => {
      resolve({ ok: code === 0, reason: crashReason(stderr(), killedBy ?? `exit code ${code}`) })
    })
  })
}
