import { sizeOf } from '@mnist-lab/core'
import type { Dataset } from './dataset.js'

/** Figures of the images of one split. */
export interface SplitFigures {
  readonly images: number
  /** The number of images of each class. */
  readonly perClass: readonly number[]
  /** The mean of all pixels, on a scale from 0 to 1. */
  readonly mean: number
  /** The standard deviation of all pixels, on the same scale. */
  readonly deviation: number
  /** The number of images that equal an earlier one of the split, pixel by pixel. */
  readonly duplicates: number
}

/** Figures of a dataset. */
export interface DataFigures {
  /** [height, width, channels] */
  readonly shape: readonly number[]
  readonly classNames: readonly string[]
  readonly train: SplitFigures
  readonly test?: SplitFigures
  /** Test images that equal a training image, and how many of them have another label there. */
  readonly shared?: { readonly images: number; readonly otherLabels: number }
}

/** Returns the figures of a dataset. Equal images are found by a hash and then compared. */
export function describeData({
  train,
  test,
}: {
  readonly train: Dataset
  readonly test?: Dataset | undefined
}): DataFigures {
  const seen = new ImageIndex(train)
  const figures = {
    shape: train.shape,
    classNames: train.classNames,
    train: figuresOf(train, seen),
  }
  if (test === undefined) return figures
  let [images, otherLabels] = [0, 0]
  for (let at = 0; at < test.count; at++) {
    const equal = seen.find(test, at)
    if (equal === undefined) continue
    images++
    if (train.labels[equal] !== test.labels[at]) otherLabels++
  }
  return {
    ...figures,
    test: figuresOf(test, new ImageIndex(test)),
    shared: { images, otherLabels },
  }
}

function figuresOf(dataset: Dataset, seen: ImageIndex): SplitFigures {
  const perClass = dataset.classNames.map(() => 0)
  for (const label of dataset.labels) perClass[label]!++
  const histogram = new Float64Array(256)
  for (const pixel of dataset.images) histogram[pixel]!++
  const pixels = dataset.images.length
  const moment = (power: number) =>
    histogram.reduce((sum, count, value) => sum + count * (value / 255) ** power, 0) / pixels
  const mean = moment(1)
  let duplicates = 0
  for (let at = 0; at < dataset.count; at++) if (!seen.add(at)) duplicates++
  return {
    images: dataset.count,
    perClass,
    mean,
    deviation: Math.sqrt(Math.max(0, moment(2) - mean ** 2)),
    duplicates,
  }
}

/** The distinct images of a dataset, by a hash of their pixels. */
class ImageIndex {
  readonly #dataset: Dataset
  readonly #size: number
  readonly #byHash = new Map<number, number[]>()

  constructor(dataset: Dataset) {
    this.#dataset = dataset
    this.#size = sizeOf(dataset.shape)
  }

  /** Adds an image of the dataset. @returns false if an equal one is there already */
  add(at: number): boolean {
    const hash = this.#hash(this.#dataset, at)
    const others = this.#byHash.get(hash)
    if (others === undefined) this.#byHash.set(hash, [at])
    else if (others.some((other) => this.#isEqual(other, this.#dataset, at))) return false
    else others.push(at)
    return true
  }

  /** Returns the index of the image that equals one of another dataset. */
  find(other: Dataset, at: number): number | undefined {
    return this.#byHash
      .get(this.#hash(other, at))
      ?.find((candidate) => this.#isEqual(candidate, other, at))
  }

  #hash({ images }: Dataset, at: number): number {
    // FNV-1a; images whose hashes are equal are compared.
    let hash = 0x811c9dc5
    for (let i = at * this.#size; i < (at + 1) * this.#size; i++)
      hash = Math.imul(hash ^ images[i]!, 0x01000193)
    return hash
  }

  #isEqual(at: number, other: Dataset, otherAt: number): boolean {
    const [a, b] = [at * this.#size, otherAt * this.#size]
    for (let i = 0; i < this.#size; i++)
      if (this.#dataset.images[a + i] !== other.images[b + i]) return false
    return true
  }
}
