import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { createFolder } from '@mnist-lab/core/node'
import { type Installation, INSTALLATION_SCHEMA } from '@mnist-lab/backends/node'

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
  const folder = `${target}.${randomUUID().slice(0, 8)}.tmp`
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
    files.push({ path, bytes: (await stat(file)).size, sha256: await sha256(file) })
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

/** Returns the path of the first file that is missing or has another checksum. */
export async function firstChanged(
  folder: string,
  { files }: Installation,
): Promise<string | undefined> {
  for (const { path, sha256: expected } of files) {
    const actual = await sha256(resolve(folder, path)).catch(() => undefined)
    if (actual !== expected) return path
  }
  return undefined
}

/** Moves the stage to its final path and replaces what is there. */
export async function publish(stageFolder: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await rename(stageFolder, target)
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}
