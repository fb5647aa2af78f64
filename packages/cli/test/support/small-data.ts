import { imagesBetween, labelsOf, take, writeIdx } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The four files of a dataset, as names and contents. */
export type IdxFiles = Record<
  | 'train-images-idx3-ubyte'
  | 'train-labels-idx1-ubyte'
  | 't10k-images-idx3-ubyte'
  | 't10k-labels-idx1-ubyte',
  Uint8Array
>

/** The first images of MNIST, so that an epoch takes a moment. */
export async function smallMnist(trainCount: number, testCount: number): Promise<IdxFiles> {
  const { train, test } = await loadMnist()
  const [some, others] = [take(train, trainCount), take(test, testCount)]
  const images = (of: typeof some) =>
    writeIdx({ type: 'uint8', shape: [of.count, 28, 28], data: imagesBetween(of, 0, of.count) })
  const labels = (of: typeof some) =>
    writeIdx({ type: 'uint8', shape: [of.count], data: Uint8Array.from(labelsOf(of)) })
  return {
    'train-images-idx3-ubyte': images(some),
    'train-labels-idx1-ubyte': labels(some),
    't10k-images-idx3-ubyte': images(others),
    't10k-labels-idx1-ubyte': labels(others),
  }
}

/** @returns the directory */
export async function writeFiles(directory: string, files: Partial<IdxFiles>): Promise<string> {
  await mkdir(directory, { recursive: true })
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes)
  return directory
}
