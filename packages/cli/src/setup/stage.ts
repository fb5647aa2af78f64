import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { codeOf, createFolder, hashOfFile } from '@mnist-lab/core/node'

/** The temporary folder of an installation. It is moved to its final path when it is complete. */
export interface Stage {
  readonly folder: string
  /** Is aborted when the user ends the program. */
  readonly signal: AbortSignal
  /** Shows what is being done, in one line. */
  readonly say: (text: string) => void
}

/** Creates an empty folder next to `target`. */
export async function createStageFolder(target: string): Promise<string> {
  const folder = temporaryName(target)
  await createFolder(folder)
  return folder
}

/** A file of an installation. The path is relative to its folder, or absolute. */
export interface InstalledFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * Returns every file of a stage with its size and checksum.
 *
 * @param elsewhere absolute paths of files outside the stage that are needed too
 */
export async function filesOf(
  stage: Pick<Stage, 'folder' | 'signal'>,
  elsewhere: readonly string[] = [],
): Promise<InstalledFile[]> {
  const names = (await readdir(stage.folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(stage.folder, join(entry.parentPath, entry.name)))
    .filter((name) => name !== DESCRIPTION)
  const files: InstalledFile[] = []
  for (const path of [...names.sort(), ...elsewhere]) {
    stage.signal.throwIfAborted()
    const file = resolve(stage.folder, path)
    files.push({ path, bytes: (await stat(file)).size, sha256: await sha256Of(file, stage.signal) })
  }
  return files
}

/** The file of an installation that describes it. */
export const DESCRIPTION = 'installation.json'

/** Writes the description of an installation into its folder. */
export async function writeDescription(folder: string, description: object): Promise<void> {
  await writeFile(join(folder, DESCRIPTION), `${JSON.stringify(description, undefined, 2)}\n`)
}

/**
 * Returns the path of the first file that is missing or has another checksum.
 *
 * @throws the signal's reason when aborted
 */
export async function firstChanged(
  folder: string,
  files: readonly InstalledFile[],
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

/** Removes a folder at once, so that a process that is killed meanwhile leaves no part of it. */
export async function removeFolder(folder: string): Promise<void> {
  const old = temporaryName(folder)
  await rename(folder, old)
  await rm(old, { recursive: true, force: true })
}
