import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { printable } from '@mnist-lab/core'
import { MAX_TEXT } from '../protocol/text-schema.js'

/**
 * The milliseconds for the reason of a process's end to arrive, after its stdout has ended or it
 * has exited. Another process may hold its pipes open for ever.
 */
const END_GRACE_MS = 500

/** Returns why a process will not answer any more, as soon as that is known. */
export function endOfProcess(child: ChildProcessWithoutNullStreams): Promise<string> {
  const stderr = lastOf(child.stderr)
  // Writing to an ended process fails. The missing answer reports that.
  child.stdin.on('error', () => {})
  child.stderr.on('error', () => {})
  return new Promise((resolve) => {
    const crashed = (code: number | null, killedBy: string | null) =>
      resolve(crashReason(stderr(), killedBy ?? `exit code ${code}`))
    const later = (work: () => void) => void setTimeout(work, END_GRACE_MS).unref()
    child.on('error', (error) => resolve(printable(error.message, MAX_TEXT)))
    child.on('close', crashed)
    child.on('exit', (code, killedBy) => later(() => crashed(code, killedBy)))
    child.stdout.on('end', () => later(() => resolve('it closed its stdout without an answer')))
  })
}

/** Kills a process, and waits until it has ended. */
export async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
    await once(child, 'exit')
}

/** The characters of stderr that are kept, which are enough for the last lines of any crash. */
const STDERR_KEPT = 64 * 1024

/** Reads a process's stderr. Returns a function that tells the last of what has come. */
export function lastOf(stderr: Readable): () => string {
  let last = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    last = (last + text).slice(-STDERR_KEPT)
  })
  return () => last
}

/** Returns the last informative line of stderr, and how the process ended. */
export function crashReason(stderr: string, ending: string): string {
  const noise = /^\s*$|^\s+at |^Node\.js v|^\s*\d+: 0x|^-+ .* -+$/
  const line = stderr.split('\n').findLast((text) => !noise.test(text))
  return line === undefined
    ? `the process ended (${ending}) without a message`
    : `${printable(line, MAX_TEXT)} (${ending})`
}
