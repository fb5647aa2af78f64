import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram, isProgram } from '@mnist-lab/core/node'
import { printable } from '@mnist-lab/core'
import { MAX_TEXT } from '../../protocol/text-schema.js'
import { INSTALLABLE_NAMES, installedProgram, partsOf } from './packages.js'
import type { FoundRuntime, Runtime } from './runtime.js'

/** The milliseconds that a program has to print its version. */
const VERSION_MS = 20_000

/** Names the places of a runtime's program beside the folder that the set-up installs into. */
interface RuntimePlaces {
  /** The name of the runtime, which the set-up takes. */
  readonly name: string
  /** Its name in messages. */
  readonly title: string
  /** The environment variable that names the program. */
  readonly variable: string
  /** Names of the program on the PATH. */
  readonly programs?: readonly string[]
  /** Paths that are tried at the end. */
  readonly last?: readonly string[]
}

/**
 * Finds the program of a runtime: the variable names it, else it is in the user's cache, else on
 * the PATH.
 */
export function findRuntime(
  { name, title, variable, programs = [], last = [] }: RuntimePlaces,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundRuntime> {
  const installed = installedProgram(name)
  return findProgram(
    {
      title,
      variable,
      programs,
      last,
      first: installed === undefined ? [] : [installed],
      install: howToInstall(name),
    },
    environment,
  )
}

/** Says how to get a runtime, for the hint where it is missing. */
export function howToInstall(runtime: string): string {
  return INSTALLABLE_NAMES.includes(runtime) && partsOf(runtime) !== undefined
    ? `pnpm setup:runtimes ${runtime}`
    : 'install it'
}

/**
 * Returns the first line that a program prints with `--version`.
 *
 * @param args the arguments before that one
 * @throws Error when it cannot be started, or fails
 */
export async function printedVersion(path: string, args: readonly string[] = []): Promise<string> {
  const { stdout } = await promisify(execFile)(path, [...args, '--version'], {
    timeout: VERSION_MS,
    maxBuffer: 2 ** 20,
    env: { ...process.env, NO_COLOR: '1' },
  })
  return printable(stdout.split('\n')[0]!.trim(), MAX_TEXT)
}

/** Looks for Node.js at a path, and checks that it is Node.js and of a version that we support. */
export async function nodeAt(
  path: string,
  { major, hint }: { readonly major?: number; readonly hint: string },
): Promise<FoundRuntime> {
  if (!(await isProgram(path)))
    return { ok: false, reason: `${printable(path, MAX_TEXT)} is not a program`, hint }
  const version = await printedVersion(path).catch((error: unknown) => String(error))
  const [, found, minor] = /^v(\d+)\.(\d+)\.\d+/.exec(version) ?? []
  const supported = Number(found) > 20 || (Number(found) === 20 && Number(minor) >= 19)
  if (!supported || (major !== undefined && Number(found) !== major)) {
    return {
      ok: false,
      reason: `${printable(path, MAX_TEXT)} is not Node.js ${major ?? '20.19 or later'}, it answers ${printable(version.split('\n')[0]!, MAX_TEXT)}`,
      hint,
    }
  }
  return { ok: true, path }
}

/**
 * Returns the version of a runtime's program.
 *
 * @throws Error when it does not start
 */
export function runtimeVersion(runtime: Runtime, path: string): Promise<string> {
  return (runtime.version ?? printedVersion)(path)
}
