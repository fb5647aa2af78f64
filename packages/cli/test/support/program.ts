// The program in this process, and as a process of its own.
import { spawn } from 'node:child_process'
import { isInputError } from '@mnist-lab/core'
import { fileURLToPath } from 'node:url'
import { runMnist } from '../../src/index.js'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `mnist` here, as on pipes. What it throws for a user to fix is on stderr with code 2, as the
 * program has it.
 */
export async function run(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  const terminal = {
    out: {
      write: (text: string) => {
        stdout += text
      },
    },
    err: {
      write: (text: string) => {
        stderr += text
      },
    },
    signal,
  }
  try {
    return { code: await runMnist(args, terminal), stdout, stderr }
  } catch (error) {
    if (!isInputError(error)) throw error
    return { code: 2, stdout, stderr: `${stderr}${error.message}\n` }
  }
}

/** {@link run}, for what a test needs before it begins. */
export async function succeed(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(args)
  if (code !== 0) throw new Error(`mnist ${args.join(' ')} ended with ${code}: ${stderr}`)
}

/**
 * The built program as a process.
 *
 * @param options.interruptOn sends Ctrl-C once stderr has it
 * @param options.until sends Ctrl-C once it resolves
 * @param options.kill sends SIGKILL instead
 * @param options.signal sends this signal instead
 * @param options.env besides this process's
 * @param options.cwd the working directory
 * @param options.runtime the program that runs it, with its arguments, instead of this Node.js
 * @param options.fileLimit largest file it may write, in blocks of 512 bytes
 */
export function spawned(
  args: readonly string[],
  {
    interruptOn,
    until,
    kill = false,
    signal = kill ? 'SIGKILL' : 'SIGINT',
    fileLimit,
    env = {},
    cwd,
    runtime = [process.execPath],
  }: {
    readonly interruptOn?: RegExp
    readonly until?: Promise<unknown>
    readonly kill?: boolean
    readonly signal?: NodeJS.Signals
    readonly fileLimit?: number
    readonly env?: Record<string, string>
    readonly cwd?: string
    readonly runtime?: readonly string[]
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const limit = fileLimit === undefined ? '' : `ulimit -f ${fileLimit}; `
    const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...runtime, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    let [stdout, stderr, interrupted] = ['', '', false]
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString()
    })
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
      if (interrupted || interruptOn?.test(stderr) !== true) return
      interrupted = true
      child.kill(signal)
    })
    void until?.then(() => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
