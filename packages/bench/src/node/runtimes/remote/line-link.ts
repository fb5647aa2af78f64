import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { AnswerLines } from '../../peers/answer-lines.js'
import { endOfProcess, killed } from '../../process-end.js'
import { RemoteError } from './answers.js'
import { MAX_REMOTE_ANSWER, type RemoteLink } from './link.js'

/** A program and its arguments. */
export interface ProgramCommand {
  readonly program: string
  readonly args: readonly string[]
  /** Variables of its environment beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts a program that answers the lines on its stdin with lines on its stdout. An abort kills it.
 */
export async function startLineProgram(
  { program, args, environment }: ProgramCommand,
  signal: AbortSignal,
): Promise<RemoteLink> {
  const child = spawn(program, args, {
    stdio: 'pipe',
    signal,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...environment },
  })
  const lines = new AnswerLines(child.stdout, MAX_REMOTE_ANSWER)
  const ended = endOfProcess(child).then((reason) => new RemoteError(reason))
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`)
      const answer = await Promise.race([lines.next(), ended])
      if (typeof answer !== 'string') throw answer
      return answer
    },
    ...peakOf(child.pid),
    close: () => killed(child),
  }
}

/** The line of /proc/PID/status with the largest resident set. */
const PEAK = /^VmHWM:\s*(\d+) kB$/m

/** Returns how to read the largest resident set of a process; nothing where there is no /proc. */
export function peakOf(pid: number | undefined): Pick<RemoteLink, 'peakRssBytes'> {
  const file = `/proc/${pid}/status`
  const read = () => PEAK.exec(readFileSync(file, 'utf8'))?.[1]
  try {
    if (pid === undefined || read() === undefined) return {}
  } catch {
    return {}
  }
  return { peakRssBytes: () => Number(read()) * 1024 }
}
