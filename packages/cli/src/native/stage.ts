import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type Installation, INSTALLATION_SCHEMA } from '@mnist-lab/backends/node'
import { codeOf, createFolder } from '@mnist-lab/core/node'
import { hashOfFile } from './downloads.js'

/** The temporary folder of an installation. It is moved to its final path when it is complete. */
export interface Stage {
  readonly folder: string
  /** Is aborted when the user ends the program. */
  readonly signal: AbortSignal
  /** Shows what is being done, in one line. */
  readonly say: (text: string) => void
}

/** What a method of getting TensorFlow has put into a stage. */
export interface Prepared {
  /** Where TensorFlow comes from, in words. */
  readonly source: string
  /** The path of the addon, relative to the stage. */
  readonly binding: string
  /** The path of the addon that keeps TensorFlow quiet while it loads, relative to the stage. */
  readonly muteStderr?: string
  /**
   * Absolute paths of files outside the stage that are needed: the libraries of an installed
   * TensorFlow.
   */
  readonly elsewhere?: readonly string[]
}

/** Creates an empty folder next to `target`. */
export async function createStageFolder(target: string): Promise<string> {
  const folder = temporaryName(target)
  await createFolder(folder)
  return folder
}

/**
 * Describes an installation: every file with its size and checksum. The version of TensorFlow is
 * still empty.
 */
export async function describeStage(
  stage: Stage,
  { source, binding, muteStderr, elsewhere = [] }: Prepared,
  kernels: string,
): Promise<Installation> {
  const names = (await readdir(stage.folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(stage.folder, join(entry.parentPath, entry.name)))
    .filter((name) => name !== 'installation.json')
  const files: Installation['files'][number][] = []
  for (const path of [...names.sort(), ...elsewhere]) {
    stage.signal.throwIfAborted()
    const file = resolve(stage.folder, path)
    files.push({ path, bytes: (await stat(file)).size, sha256: await sha256Of(file, stage.signal) })
  }
  return {
    schema: INSTALLATION_SCHEMA,
    source,
    tensorflow: '',
    binding,
    ...(muteStderr === undefined ? {} : { muteStderr }),
    kernels,
    files,
  }
}

/** Writes the description of an installation into its folder. */
export async function writeInstallation(folder: string, installation: Installation): Promise<void> {
  await writeFile(
    join(folder, 'installation.json'),
    `${JSON.stringify(installation, undefined, 2)}\n`,
  )
}

/**
 * Returns the path of the first file that is missing or has another checksum.
 *
 * @throws the signal's reason when aborted
 */
export async function firstChanged(
  folder: string,
  { files }: Installation,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const { path, sha256: expected } of files) {
    const actual = await sha256Of(resolve(folder, path), signal).catch((error: unknown) => {
      if (signal.aborted) throw error
      return undefined
    })
    if (actual !== expected) return path
  }
  return undefined
}

/**
 * Moves the stage to its final path and replaces what is there. A process that is killed meanwhile
 * leaves a complete folder at that path or none, never a part.
 */
export async function publish(stageFolder: string, target: string): Promise<void> {
  await createFolder(dirname(target))
  const old = temporaryName(target)
  try {
    await rename(target, old)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
  }
  await rename(stageFolder, target)
  await rm(old, { recursive: true, force: true })
}

/** Removes the folders that killed processes have left next to `target`. */
export async function removeOldStages(target: string): Promise<void> {
  const begin = `${basename(target)}.`
  for (const name of await readdir(dirname(target)))
    if (name.startsWith(begin) && TEMPORARY.test(name.slice(begin.length)))
      await rm(join(dirname(target), name), { recursive: true, force: true })
}

/** What follows the name of an installation in that of its stage. */
const TEMPORARY = /^[\da-f]{8}\.tmp$/

function temporaryName(target: string): string {
  return `${target}.${randomUUID().slice(0, 8)}.tmp`
}

function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  return hashOfFile(file, { algorithm: 'sha256', encoding: 'hex' }, signal)
}
