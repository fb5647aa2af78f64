import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

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

/** @throws Error with its output when the program fails */
export async function succeed(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const { code, output } = await run(program, args, cwd)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

/** pnpm as it runs these tests, or the one that `npx` finds. */
export function pnpm(args: readonly string[], cwd: string): Promise<string> {
  const path = process.env['npm_execpath'] ?? ''
  if (!path.includes('pnpm')) return succeed('npx', ['-y', 'pnpm@12', ...args], cwd)
  return /\.[cm]?js$/.test(path)
    ? succeed(process.execPath, [path, ...args], cwd)
    : succeed(path, args, cwd)
}
