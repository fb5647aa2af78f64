import { runCommand } from '../setup/run-command.js'
import type { Narrator } from '../setup/narrator.js'
import { UsageError } from '@mnist-lab/terminal'

/** The parts of the system that installing a package of Debian's needs, which tests replace. */
export interface SystemTools {
  /** Returns whether a package is installed. */
  readonly isInstalled: (name: string, signal: AbortSignal) => Promise<boolean>
  /** Returns whether the machine's sources carry a package. */
  readonly isCarried: (name: string, signal: AbortSignal) => Promise<boolean>
  /** Whether this process may install packages. */
  readonly mayInstall: boolean
  /** Fetches the lists of what the sources carry. */
  readonly update: (signal: AbortSignal) => Promise<void>
  readonly install: (name: string, signal: AbortSignal) => Promise<void>
}

/** Debian's own programs. */
export const DEBIAN: SystemTools = {
  isInstalled: (name, signal) =>
    succeeds('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev}', name], signal, /^ii/),
  isCarried: (name, signal) => succeeds('apt-cache', ['show', name], signal),
  mayInstall: process.getuid?.() === 0,
  async update(signal) {
    await runCommand('apt-get', ['update'], { signal, hint: 'run `apt-get update` to see why' })
  },
  async install(name, signal) {
    const hint = `run \`apt-get update\` and \`apt-get install ${name}\` to see why`
    await runCommand('apt-get', ['install', '-y', '--no-install-recommends', name], {
      signal,
      hint,
    })
  },
}

async function succeeds(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  answer = /(?:)/,
): Promise<boolean> {
  try {
    return answer.test(await runCommand(program, args, { signal, hint: '' }))
  } catch {
    signal.throwIfAborted()
    // The program is missing, or knows no such package. Both mean no.
    return false
  }
}

/** Returns the first of these packages that is installed, or undefined. */
export async function installedPackage(
  packages: readonly string[],
  signal: AbortSignal,
  { isInstalled }: SystemTools = DEBIAN,
): Promise<string | undefined> {
  for (const name of packages) if (await isInstalled(name, signal)) return name
  return undefined
}

async function firstCarried(
  packages: readonly string[],
  signal: AbortSignal,
  { isCarried }: SystemTools,
): Promise<string | undefined> {
  for (const name of packages) if (await isCarried(name, signal)) return name
  return undefined
}

/**
 * Installs the first of these packages that the machine's sources carry, unless one of them is
 * installed. Only the system's administrator may do so; others are told the command.
 *
 * @throws UsageError when the package is not carried, may not be installed, or fails to install
 */
export async function needPackage(
  runtime: string,
  packages: readonly string[],
  signal: AbortSignal,
  { say, tell }: Pick<Narrator, 'say' | 'tell'>,
  tools: SystemTools = DEBIAN,
): Promise<string> {
  const there = await installedPackage(packages, signal, tools)
  if (there !== undefined) return there
  let carried = await firstCarried(packages, signal, tools)
  if (carried === undefined && tools.mayInstall) {
    say("fetching the lists of the system's packages")
    await tools.update(signal)
    carried = await firstCarried(packages, signal, tools)
  }
  const name = carried ?? packages[0]!
  if (carried === undefined || !tools.mayInstall) {
    throw new UsageError({
      where: `runtime ${runtime}`,
      what: `it needs the system's package ${packages.join(' or ')}`,
      hint:
        carried === undefined
          ? 'run `sudo apt-get update`, or install the package of your system that is like it'
          : `run \`sudo apt-get install ${name}\``,
    })
  }
  say(`installing the system's package ${name}`)
  await tools.install(name, signal)
  tell(`${runtime}: apt-get has installed ${name}`)
  return name
}
