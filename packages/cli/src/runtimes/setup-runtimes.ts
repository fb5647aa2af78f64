import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  ARM64_LIBRARIES,
  INSTALLABLE_NAMES,
  partsOf,
  runtimeFolder,
  type RuntimeParts,
  QEMU_PROGRAMS,
} from '@mnist-lab/bench/runtimes/node'
import { isInputError } from '@mnist-lab/core'
import { fileError, lockFolder } from '@mnist-lab/core/node'
import { type Terminal, UsageError } from '@mnist-lab/terminal'
import { ChecksumError, sha512 } from '../setup/checksum.js'
import { inCache, isFromDisk } from '../setup/in-cache.js'
import { narrator, type Narrator } from '../setup/narrator.js'
import { fetchNpmPackage } from '../setup/npm-package.js'
import { firstThatRuns, runCommand } from '../setup/run-command.js'
import {
  createStageFolder,
  filesOf,
  publish,
  removeFolder,
  removeOldStages,
  type Stage,
  writeDescription,
} from '../setup/stage.js'
import {
  type InstalledRuntime,
  packagesOf,
  RUNTIME_SCHEMA,
  type RuntimeState,
  runtimeState,
} from './installed-runtime.js'
import { DEBIAN, installedPackage, needPackage, type SystemTools } from './system-packages.js'

/** The parts of the set-up that tests replace. */
export interface RuntimeTools {
  readonly partsOf: (runtime: string) => RuntimeParts | undefined
  /** Returns the folder that a runtime is installed into. */
  readonly folderOf: (runtime: string) => string
  /** Puts the packages of a runtime into the `node_modules` of a stage. */
  readonly fetch: (parts: RuntimeParts, stage: Stage) => Promise<void>
  /** Starts the program of a runtime in a folder. @throws UsageError when it does not start */
  readonly verify: (folder: string, parts: RuntimeParts, signal: AbortSignal) => Promise<void>
  readonly system: SystemTools
}

const TOOLS: RuntimeTools = {
  partsOf: (runtime) => partsOf(runtime),
  folderOf: runtimeFolder,
  fetch: fetchParts,
  verify: startProgram,
  system: DEBIAN,
}

/**
 * Returns the runtimes that a command is about: those that are named, or else all that this
 * platform can have.
 *
 * @throws UsageError for a name that is none, or that of a runtime which this platform cannot have
 */
export function chosenRuntimes(
  names: readonly string[],
  { partsOf: parts }: Pick<RuntimeTools, 'partsOf'> = TOOLS,
): string[] {
  const possible = INSTALLABLE_NAMES.filter((name) => parts(name) !== undefined)
  const wrong = names.find((name) => !possible.includes(name))
  if (wrong !== undefined) {
    const here = `${process.platform} ${process.arch}`
    throw new UsageError({
      where: 'setup-runtimes',
      ...(INSTALLABLE_NAMES.includes(wrong)
        ? { what: `there is no ${wrong} for ${here}` }
        : { expected: `some of ${possible.join(', ')}`, got: wrong }),
      hint: 'see --list',
    })
  }
  return names.length === 0 ? possible : [...new Set(names)]
}

/**
 * Installs runtimes into the user's cache, each in a folder of its own, which appears only when it
 * is complete. A runtime that works is left as it is, and a damaged one is installed again.
 *
 * @returns the errors of the runtimes that could not be installed
 * @throws ChecksumError when a download is not the published file
 * @throws LockedError when another process is installing the runtime
 */
export async function setupRuntimes(
  names: readonly string[],
  { err, signal }: Terminal,
  tools: RuntimeTools = TOOLS,
): Promise<string[]> {
  const { say, tell, end } = narrator(err)
  const failures: string[] = []
  try {
    for (const name of names) {
      try {
        await setupRuntime(name, { tools, signal, say, tell })
      } catch (error) {
        if (!isInputError(error) || error instanceof ChecksumError || signal.aborted) throw error
        failures.push(error.message)
        tell(`${name}: no, ${error.message}`)
      }
    }
  } finally {
    end()
  }
  return failures
}

interface Work extends Pick<Narrator, 'say' | 'tell'> {
  readonly tools: RuntimeTools
  readonly signal: AbortSignal
}

async function setupRuntime(name: string, { tools, signal, say, tell }: Work): Promise<void> {
  const parts = tools.partsOf(name)!
  const folder = tools.folderOf(name)
  if (parts.system !== undefined) {
    const found: string[] = []
    for (const packages of parts.system)
      found.push(await needPackage(name, packages, signal, { say, tell }, tools.system))
    if (parts.npm.length === 0) {
      tell(`${name}: the system's package ${found.join(', ')}`)
      return
    }
  }
  const before = await runtimeState(folder, parts, signal)
  if (before.state === 'installed') {
    tell(`${name}: ${line(before)}, was there, in ${folder}`)
    return
  }
  if (before.state === 'damaged') tell(`${name}: ${before.reason}; it is installed again`)
  const lock = await inCache(folder, () => lockFolder(folder))
  try {
    await removeOldStages(folder)
    const stage: Stage = {
      folder: await inCache(folder, () => createStageFolder(folder)),
      signal,
      say,
    }
    try {
      await tools.fetch(parts, stage)
      say(`${name}: starting it`)
      await tools.verify(stage.folder, parts, signal)
      const description: InstalledRuntime = {
        schema: RUNTIME_SCHEMA,
        packages: packagesOf(parts),
        files: await filesOf(stage),
      }
      await writeDescription(stage.folder, description)
      await publish(stage.folder, folder)
    } finally {
      await rm(stage.folder, { recursive: true, force: true })
    }
    const after = await runtimeState(folder, parts)
    if (after.state === 'installed') tell(`${name}: ${line(after)}, in ${folder}`)
  } catch (error) {
    throw isFromDisk(error) && !signal.aborted ? fileError(folder, error) : error
  } finally {
    await lock.release()
  }
}

async function fetchParts({ npm, files }: RuntimeParts, stage: Stage): Promise<void> {
  for (const { name, version, integrity } of npm) {
    stage.say(`fetching ${name} ${version} from the npm registry`)
    await fetchNpmPackage(
      { name, version, checksum: sha512(integrity) },
      join(stage.folder, 'node_modules', name),
      { folder: stage.folder, signal: stage.signal, files },
    )
  }
}

async function startProgram(
  folder: string,
  { program, system }: RuntimeParts,
  signal: AbortSignal,
): Promise<void> {
  if (program === undefined) return
  const path = join(folder, 'node_modules', ...program.split('/'))
  const hint = 'the program does not run on this machine; leave this runtime out'
  if (path.endsWith('.mjs')) {
    const script = `await import(${JSON.stringify(pathToFileURL(path).href)})`
    await runCommand(process.execPath, ['--input-type=module', '--eval', script], { signal, hint })
    return
  }
  const emulator = system === undefined ? undefined : await firstThatRuns(QEMU_PROGRAMS, signal)
  const [command, ...args] =
    emulator === undefined ? [path] : [emulator, '-L', ARM64_LIBRARIES, path]
  await runCommand(command!, [...args, '--version'], { signal, hint })
}

/** A runtime that can be installed, and what is there of it. */
export interface ListedRuntime {
  readonly name: string
  readonly state: RuntimeState
  readonly folder?: string
  /** The system's packages that it needs, and whether each is installed. */
  readonly system: readonly { readonly name: string; readonly installed: boolean }[]
}

/** Returns what is there of each runtime. It compares sizes, not checksums. */
export async function listRuntimes(
  names: readonly string[],
  signal: AbortSignal,
  tools: RuntimeTools = TOOLS,
): Promise<ListedRuntime[]> {
  const listed: ListedRuntime[] = []
  for (const name of names) {
    const parts = tools.partsOf(name)!
    const folder = tools.folderOf(name)
    const system: ListedRuntime['system'][number][] = []
    for (const packages of parts.system ?? []) {
      const found = await installedPackage(packages, signal, tools.system)
      system.push({ name: found ?? packages[0]!, installed: found !== undefined })
    }
    const complete = system.every(({ installed }) => installed)
    listed.push({
      name,
      ...(parts.npm.length === 0
        ? {
            state: complete ? { state: 'installed', bytes: 0, packages: [] } : { state: 'missing' },
          }
        : { state: await runtimeState(folder, parts), folder }),
      system,
    })
  }
  return listed
}

/**
 * Removes runtimes from the user's cache. Packages of the system stay.
 *
 * @returns a line for each of them
 * @throws LockedError when another process is installing one of them
 */
export async function removeRuntimes(
  names: readonly string[],
  tools: RuntimeTools = TOOLS,
): Promise<string[]> {
  const lines: string[] = []
  for (const name of names) {
    const parts = tools.partsOf(name)!
    const folder = tools.folderOf(name)
    const kept =
      parts.system === undefined
        ? ''
        : `; the system's package ${parts.system.map((names) => names.join(' or ')).join(', ')} stays`
    const { state } = await runtimeState(folder, parts)
    if (state === 'missing') {
      lines.push(`${name}: nothing to remove${kept}`)
      continue
    }
    const lock = await lockFolder(folder)
    try {
      await removeFolder(folder)
      await removeOldStages(folder)
    } catch (error) {
      throw isFromDisk(error) ? fileError(folder, error) : error
    } finally {
      await lock.release()
    }
    lines.push(`${name}: removed ${folder}${kept}`)
  }
  return lines
}

/** Returns the packages and the size of an installed runtime, in words. */
function line({ packages, bytes }: RuntimeState & { state: 'installed' }): string {
  const [first, ...others] = packages
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return first === undefined ? 'installed' : `${first}${more}, ${Math.round(bytes / 1e6)} MB`
}
