import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { type Installation, INSTALLATION_SCHEMA } from '@mnist-lab/backends/node'

/** Where a set-up is built, beside its final place: it appears there whole or not at all. */
export interface Stage {
  readonly folder: string
  /** Aborts long work. */
  readonly signal: AbortSignal
  /** One line, of what is being done. */
  readonly say: (text: string) => void
}

/** What a way of getting TensorFlow has put into a stage. */
export interface Prepared {
  /** In words. */
  readonly source: string
  /** Relative to the stage. */
  readonly binding: string
  readonly muteStderr?: string
  /** Files elsewhere that must stay: a TensorFlow that the user has. */
  readonly elsewhere?: readonly string[]
}

/** Makes an empty folder beside `target`. */
export async function createStageFolder(target: string): Promise<string> {
  const folder = `${target}.${randomUUID().slice(0, 8)}.tmp`
  await mkdir(folder, { recursive: true })
  return folder
}

/** Describes a stage: every file with its size and checksum. TensorFlow's version is left open. */
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

export async function writeInstallation(folder: string, installation: Installation): Promise<void> {
  await writeFile(
    join(folder, 'installation.json'),
    `${JSON.stringify(installation, undefined, 2)}\n`,
  )
}

/** The path of the first file that is missing or has another checksum. */
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

/** Puts the stage where it belongs, in place of what is there. */
export async function publish(stageFolder: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await mkdir(dirname(target), { recursive: true })
  await rename(stageFolder, target)
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}
