// Where Bun and Deno are on this machine, for the tests that need them.
import { existsSync } from 'node:fs'
import { installedProgram } from '@mnist-lab/bench/runtimes/node'

/** The runtimes that run the program besides Node.js. */
export const RUNTIMES = ['bun', 'deno'] as const

const required = (process.env['REQUIRE_RUNTIMES'] ?? '').split(',')
/**
 * Those of them that must be there. `REQUIRE_RUNTIMES` names them, and runtimes of the benchmark.
 */
export const REQUIRED_RUNTIMES = RUNTIMES.filter((name) => required.includes(name))

/**
 * Returns the path of a runtime: the one in `BUN_PATH` or `DENO_PATH`, or the one that
 * `pnpm setup:runtimes` has put into the user's cache.
 */
export function findRuntime(name: (typeof RUNTIMES)[number]): string | undefined {
  const named = process.env[`${name.toUpperCase()}_PATH`]
  return [named, installedProgram(name)].find((path) => path !== undefined && existsSync(path))
}
