// Where Bun and Deno are on this machine, for the tests that need them.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The runtimes that run the program besides Node.js. */
export const RUNTIMES = ['bun', 'deno'] as const

/** The runtimes that must be there, as `REQUIRE_RUNTIMES` names them. */
export const REQUIRED_RUNTIMES: readonly string[] = (process.env['REQUIRE_RUNTIMES'] ?? '')
  .split(',')
  .filter((name) => name !== '')

/**
 * Returns the path of a runtime: the one in `BUN_PATH` or `DENO_PATH`, or the one that
 * `pnpm setup:runtimes` has put into the user's cache.
 */
export function findRuntime(name: (typeof RUNTIMES)[number]): string | undefined {
  const named = process.env[`${name.toUpperCase()}_PATH`]
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const installed = join(cache, 'mnist-lab', 'runtimes', name, 'node_modules', '.bin', name)
  return [named, installed].find((path) => path !== undefined && existsSync(path))
}
