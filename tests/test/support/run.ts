import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Says how a program ended, and what it printed. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** Runs a program to its end, whatever its exit code. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, maxBuffer: 1 << 26 })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, output: `${stdout ?? ''}${stderr ?? ''}` }
  }
}

/**
 * Runs a program that must succeed.
 *
 * @returns what it printed
 * @throws Error with its output when it fails
 */
export async function succeed(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const { code, output } = await run(program, args, cwd)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

/**
 * The command that starts pnpm: the one that runs these tests, or else the one that `npx` finds.
 */
export function pnpmCommand(): readonly [program: string, ...args: string[]] {
  const path = process.env['npm_execpath'] ?? ''
  if (!path.includes('pnpm')) return ['npx', '-y', 'pnpm@12']
  return /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path]
}

/**
 * Runs pnpm.
 *
 * @returns what it printed
 * @throws Error with its output when it fails
 */
export function pnpm(args: readonly string[], cwd: string): Promise<string> {
  const [program, ...first] = pnpmCommand()
  return succeed(program, [...first, ...args], cwd)
}
