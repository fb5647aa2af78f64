import { createStream, permutation, sizeOf } from '@mnist-lab/core'
import { DataError } from './data-error.js'
import type { Dataset } from './dataset.js'

/**
 * Divides a dataset at random into training and test images, with the same share of each class in
 * both, the same way for the same seed. Each part keeps the dataset's order.
 *
 * @param share of the test images, above 0 and below 1
 * @throws DataError when a part would be empty
 */
export function stratifiedSplit(
  dataset: Dataset,
  share: number,
  seed: number,
): { readonly train: Dataset; readonly test: Dataset } {
  const byClass = new Map<number, number[]>()
  for (const at of permutation(createStream(seed, 'split'), dataset.count)) {
    const label = dataset.labels[at]!
    const members = byClass.get(label)
    if (members === undefined) byClass.set(label, [at])
    else members.push(at)
  }
  const chosen = new Uint8Array(dataset.count)
  let count = 0
  for (const members of byClass.values()) {
    // A class of two images or more has at least one in each part.
    const most = members.length - 1
    const wanted = Math.min(most, Math.max(Math.min(1, most), Math.round(members.length * share)))
    for (const at of members.slice(0, wanted)) chosen[at] = 1
    count += wanted
  }
  if (count === 0 || count === dataset.count)
    throw new DataError({
      where: dataset.name,
      what: `${dataset.count} images cannot be divided`,
      expected: 'two images or more of a class',
      got: 'one of each',
      hint: 'use more images',
    })
  const part = (name: string, isTest: number): Dataset => {
    const indices = Array.from(chosen.keys()).filter((at) => chosen[at] === isTest)
    const size = sizeOf(dataset.shape)
    const images = new Uint8Array(indices.length * size)
    const labels = dataset.labels.slice(0, indices.length)
    for (const [to, at] of indices.entries()) {
      images.set(dataset.images.subarray(at * size, (at + 1) * size), to * size)
      labels[to] = dataset.labels[at]!
    }
    return { ...dataset, name: `${dataset.name}/${name}`, images, labels, count: indices.length }
  }
  return { train: part('train', 0), test: part('test', 1) }
}
