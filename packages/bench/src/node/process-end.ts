import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { printable } from '@mnist-lab/core'
import { MAX_TEXT } from '../protocol/text-schema.js'
import { crashReason, STDERR_KEPT } from './runtimes/node-process.js'

/**
 * The milliseconds for the reason of a process's end to arrive, after its stdout has ended or it
 * has exited. Another process may hold its pipes open for ever.
 */
const END_GRACE_MS = 500

/** Returns why a process will not answer any more, as soon as that is known. */
export function endOfProcess(child: ChildProcessWithoutNullStreams): Promise<string> {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  // Writing to an ended process fails. The missing answer reports that.
  child.stdin.on('error', () => {})
  child.stderr.on('error', () => {})
  return new Promise((resolve) => {
    const crashed = (code: number | null, killedBy: string | null) =>
      resolve(crashReason(stderr, killedBy ?? `exit code ${code}`))
    const later = (work: () => void) => void setTimeout(work, END_GRACE_MS).unref()
    child.on('error', (error) => resolve(printable(error.message, MAX_TEXT)))
    child.on('close', crashed)
    child.on('exit', (code, killedBy) => later(() => crashed(code, killedBy)))
    child.stdout.on('end', () => later(() => resolve('it closed its stdout without an answer')))
  })
}
