import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileError, readBounded } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import type { ImageSet } from '../formats/image-set.js'
import { byFileName, isPicturePath, PictureCollector, placeOf } from '../formats/picture-set.js'
import type { ReadOptions } from './file-parts.js'
import { decodePicture } from './pictures/picture-formats.js'
import { MAX_PICTURE_BYTES } from './pictures/picture-size.js'

/** The most files and folders that are looked at. */
const MAX_FOLDER_ENTRIES = 2 ** 22
/** The folders within each other: a split, a class, and one more. */
const MAX_DEPTH = 4
/** The files that are read at the same time. */
const FILES_AT_ONCE = 32

/**
 * Reads a folder of pictures: a folder for each class, within `train` and `test` or not.
 *
 * @returns undefined if there are no pictures
 * @throws DataError when a picture cannot be read, or has another size than the first one
 */
export async function readPictureFolder(
  folder: string,
  { signal, onProgress }: ReadOptions,
): Promise<{ readonly train?: ImageSet; readonly test?: ImageSet } | undefined> {
  const paths = (await picturesIn(folder)).sort(byFileName)
  if (paths.length === 0) return undefined
  const collectors = new Map<'train' | 'test', PictureCollector>()
  for (let from = 0; from < paths.length; from += FILES_AT_ONCE) {
    signal?.throwIfAborted()
    const some = paths.slice(from, from + FILES_AT_ONCE)
    const contents = await Promise.all(some.map((path) => contentOf(join(folder, path))))
    for (const [at, path] of some.entries()) {
      const place = placeOf(path)
      const collector =
        collectors.get(place.split) ?? new PictureCollector(join(folder, place.split))
      collectors.set(place.split, collector)
      const where = join(folder, path)
      collector.add(await decodePicture(contents[at]!, where), place, where)
    }
    onProgress?.(from + some.length, paths.length)
  }
  const [train, test] = [collectors.get('train')?.finish(), collectors.get('test')?.finish()]
  return { ...(train === undefined ? {} : { train }), ...(test === undefined ? {} : { test }) }
}

/** Returns the paths of all pictures below a folder, with `/` between their parts. */
async function picturesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  let entries = 0
  const visit = async (path: string, depth: number): Promise<void> => {
    let listed
    try {
      listed = await readdir(path, { withFileTypes: true })
    } catch (cause) {
      throw fileError(path, cause)
    }
    entries += listed.length
    if (entries > MAX_FOLDER_ENTRIES)
      throw new DataError({
        where: folder,
        what: 'too many files',
        expected: `at most ${MAX_FOLDER_ENTRIES}`,
        got: 'more',
        hint: 'name the folder of the dataset itself',
      })
    for (const entry of listed) {
      const child = join(path, entry.name)
      const name = relative(folder, child).split(sep).join('/')
      if (entry.isDirectory() && depth < MAX_DEPTH && !entry.name.startsWith('.'))
        await visit(child, depth + 1)
      else if (entry.isFile() && isPicturePath(name)) found.push(name)
    }
  }
  await visit(folder, 1)
  return found
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    const { buffer, byteOffset, length } = await readBounded(path, MAX_PICTURE_BYTES)
    return Buffer.from(buffer, byteOffset, length)
  } catch (cause) {
    throw fileError(path, cause)
  }
}
