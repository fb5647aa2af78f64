import { sizeOf } from '@mnist-lab/core'
import { DataError } from '../data-error.js'

/** The most bytes of the images of one split, which have one byte for each value. */
export const MAX_IMAGE_BYTES = 2 ** 31
/** The most images of one split. A label takes four bytes while it is read. */
export const MAX_SAMPLES = 2 ** 26

/** [height, width, channels] of an image. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** The labels of some images, as texts until the classes of all splits are known. */
export interface LabelTexts {
  /** Every label that occurs, once. */
  readonly texts: readonly string[]
  /** [count], for each image an index into `texts` */
  readonly ids: Uint32Array
}

/** The images of one split as a file holds them. */
export interface ImageSet {
  /** The file or the folder, for errors. */
  readonly name: string
  /** [count, height, width, channels], 0 to 255 */
  readonly images: Uint8Array
  readonly count: number
  readonly shape: ImageShape
  /** Absent where the file has no labels, as files of competitions. */
  readonly labels?: LabelTexts
  /** The names of the classes by their numbers, where the file has them. */
  readonly classNames?: readonly string[]
}

/** The fewest images for which memory is reserved at once. */
const FIRST_IMAGES = 1024

/**
 * Collects images of one shape and their labels while they are read. Its memory doubles when it is
 * full, so that the number of images need not be known.
 */
export class ImageCollector {
  readonly shape: ImageShape
  readonly #name: string
  readonly #size: number
  readonly #numbers = new Map<string, number>()
  #images: Uint8Array
  #ids: Uint32Array
  #count = 0

  /** @param expected the number of images, if a header states it; memory for it is taken at once */
  constructor(name: string, shape: ImageShape, expected = FIRST_IMAGES) {
    this.#name = name
    this.shape = shape
    this.#size = sizeOf(shape)
    checkImageBytes(name, expected, shape)
    this.#images = new Uint8Array(expected * this.#size)
    this.#ids = new Uint32Array(expected)
  }

  get count(): number {
    return this.#count
  }

  /**
   * Returns where the next image is to be written: into `memory`, from `at` on. The memory is valid
   * until the next call.
   *
   * @throws DataError when there are too many images
   */
  next(): { readonly memory: Uint8Array; readonly at: number } {
    if (this.#count === this.#ids.length) this.#grow()
    return { memory: this.#images, at: this.#count * this.#size }
  }

  /** Keeps the image that was written last. Either all images have a label or none. */
  keep(label: string | undefined): void {
    if (label !== undefined) {
      let id = this.#numbers.get(label)
      if (id === undefined) {
        id = this.#numbers.size
        this.#numbers.set(label, id)
      }
      this.#ids[this.#count] = id
    }
    this.#count++
  }

  /** Adds a whole image of the collector's shape. */
  add(pixels: Uint8Array, label: string | undefined): void {
    const { memory, at } = this.next()
    memory.set(pixels, at)
    this.keep(label)
  }

  /** @throws DataError when there is no image */
  finish(): ImageSet {
    if (this.#count === 0)
      throw new DataError({
        where: this.#name,
        expected: 'one image or more',
        got: 'none',
        hint: 'check that it is the file with the images',
      })
    return {
      name: this.#name,
      images: this.#images.subarray(0, this.#count * this.#size),
      count: this.#count,
      shape: this.shape,
      ...(this.#numbers.size === 0
        ? {}
        : { labels: { texts: [...this.#numbers.keys()], ids: this.#ids.slice(0, this.#count) } }),
    }
  }

  #grow(): void {
    const most = Math.min(MAX_SAMPLES, Math.floor(MAX_IMAGE_BYTES / this.#size))
    const capacity = Math.min(most, Math.max(2 * this.#count, FIRST_IMAGES))
    checkImageBytes(this.#name, Math.max(capacity, this.#count + 1), this.shape)
    const images = new Uint8Array(capacity * this.#size)
    images.set(this.#images)
    this.#images = images
    const ids = new Uint32Array(capacity)
    ids.set(this.#ids)
    this.#ids = ids
  }
}

/**
 * Checks that some images may be held in memory.
 *
 * @throws DataError when they are more than {@link MAX_IMAGE_BYTES} or {@link MAX_SAMPLES}
 */
export function checkImageBytes(name: string, count: number, shape: ImageShape): void {
  const most = Math.min(MAX_SAMPLES, Math.floor(MAX_IMAGE_BYTES / sizeOf(shape)))
  if (count <= most) return
  throw new DataError({
    where: name,
    what: 'too many images',
    expected: `at most ${most} images of ${shape.join('×')}`,
    got: `${count} or more`,
    hint: 'use fewer or smaller images',
  })
}

/**
 * Returns labels that are numbers as texts.
 *
 * @param values [count]
 */
export function labelTexts(values: ArrayLike<number>): LabelTexts {
  const ids = new Uint32Array(values.length)
  const known = new Map<number, number>()
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    let id = known.get(value)
    if (id === undefined) {
      id = known.size
      known.set(value, id)
    }
    ids[i] = id
  }
  return { texts: Array.from(known.keys(), String), ids }
}
