import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Says how the program ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Options of a run of the program. */
export interface RunOptions {
  /** Environment variables in addition to those of this process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Sends Ctrl-C as soon as stderr matches. */
  readonly interruptOn?: RegExp
}

/** Runs the built program to its end. */
export function bench(
  args: readonly string[],
  { environment = {}, interruptOn }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    let [stdout, stderr, interrupted] = ['', '', false]
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString()
    })
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString()
      if (interrupted || interruptOn?.test(stderr) !== true) return
      interrupted = true
      child.kill('SIGINT')
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
