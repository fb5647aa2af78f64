import { basename, join } from 'node:path'
import { fileError, readBounded } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'
import type { ImageSet } from '../formats/image-set.js'
import { imageSetOf, MAX_NPZ_BYTES, readNpz, roleOf } from '../formats/npz.js'
import type { IdxArray } from '../idx.js'

/**
 * Reads archives that hold one array each, as KMNIST is published: `kmnist-train-imgs.npz`,
 * `kmnist-train-labels.npz` and the same for the test.
 *
 * @throws DataError when images or labels are missing, or a file is damaged
 */
export async function readSeparateArrays(
  folder: string,
  files: readonly string[],
): Promise<ReadonlyMap<'train' | 'test', ImageSet>> {
  const arrays = new Map<string, { readonly array: IdxArray; readonly name: string }>()
  for (const file of files) {
    const name = join(folder, file)
    const { single } = await readNpz(await contentOf(name), name)
    const role = roleOf(basename(file, '.npz'))
    if (single === undefined || role === undefined || arrays.has(role))
      throw new DataError({
        where: name,
        what: 'one of several archives',
        expected: 'one array, and a name such as kmnist-train-imgs.npz or kmnist-test-labels.npz',
        got: single === undefined ? 'several arrays' : 'another name, or the same part twice',
        hint: 'name the file itself instead of the folder, or move the others away',
      })
    arrays.set(role, { array: single, name })
  }
  const sets = new Map<'train' | 'test', ImageSet>()
  for (const split of ['train', 'test'] as const) {
    const [images, labels] = [arrays.get(`${split} images`), arrays.get(`${split} labels`)]
    if (images !== undefined && labels !== undefined)
      sets.set(split, imageSetOf(images.name, images.array, labels))
    else if (images !== undefined || labels !== undefined)
      throw new DataError({
        where: folder,
        expected: `archives with the images and the labels of ${split}`,
        got: basename((images ?? labels)!.name),
        hint: 'download the other one there',
      })
  }
  return sets
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await readBounded(path, MAX_NPZ_BYTES)
  } catch (cause) {
    throw fileError(path, cause)
  }
}
