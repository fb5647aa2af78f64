// Pictures whose path says what they show: `train/7/12.png`, `7/12.png` or `12_7.png`.
import { sizeOf } from '@mnist-lab/core'
import { DataError } from '../data-error.js'
import type { RgbaImage } from '../prepare-digit.js'
import { ImageCollector, type ImageSet } from './image-set.js'

/** Decodes a picture. @param name for errors */
export type PictureDecoder = (bytes: Uint8Array, name: string) => RgbaImage | Promise<RgbaImage>

/** What a path says about a picture. */
export interface PicturePlace {
  readonly split: 'train' | 'test'
  /** The folder right above it, unless that is the name of a split. */
  readonly folder: string | undefined
  /** What stands behind the number in a name such as `12_7.png`. */
  readonly suffix: string | undefined
}

/** Stands between the two parts of a place, because no path has it. */
const SEPARATOR = '\0'
const PICTURE = /\.(?:png|jpe?g)$/i
const SPLITS: Readonly<Record<string, PicturePlace['split'] | undefined>> = {
  train: 'train',
  training: 'train',
  test: 'test',
  testing: 'test',
  t10k: 'test',
}
const NUMBERED = /^\d+_(?<label>[^_]+)\.\w+$/

/** Returns whether a path is that of a picture. Files that systems hide are none. */
export function isPicturePath(path: string): boolean {
  return PICTURE.test(path) && !/(?:^|\/)[._]|__MACOSX/.test(path)
}

/**
 * Returns the split and what may be the class of a picture.
 *
 * @param fallback the split of a path that names none
 */
export function placeOf(path: string, fallback: PicturePlace['split'] = 'train'): PicturePlace {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const suffix = NUMBERED.exec(parts.pop() ?? '')?.groups?.['label']
  const splits = parts.flatMap((part) => SPLITS[part.toLowerCase()] ?? [])
  const above = parts.at(-1)
  const folder =
    above !== undefined && SPLITS[above.toLowerCase()] === undefined ? above : undefined
  return { split: splits.at(-1) ?? fallback, folder, suffix }
}

/**
 * Compares paths so that the pictures of all classes alternate: by the names of the files first,
 * and by their numbers where they have some. The first images of a dataset then show all classes.
 */
export function byFileName(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => path.slice(path.lastIndexOf('/') + 1)) as [
    string,
    string,
  ]
  return compare(left, right) || compare(a, b)
}

function compare(a: string, b: string): number {
  const [left, right] = [firstNumber(a), firstNumber(b)]
  if (left !== right) return left - right
  return a < b ? -1 : Number(a > b)
}

function firstNumber(text: string): number {
  const digits = /\d+/.exec(text)?.[0]
  return digits === undefined ? -1 : Number(digits)
}

/**
 * Collects decoded pictures of one size. They are grey unless one of them has colours, and then all
 * have three channels.
 */
export class PictureCollector {
  readonly #name: string
  #images: ImageCollector | undefined

  constructor(name: string) {
    this.#name = name
  }

  get count(): number {
    return this.#images?.count ?? 0
  }

  /**
   * @throws DataError when the picture has another size than the first one, or is transparent
   *   somewhere
   */
  add(
    { width, height, data }: RgbaImage,
    { folder = '', suffix = '' }: Pick<PicturePlace, 'folder' | 'suffix'>,
    where: string,
  ): void {
    const hasColour = isColoured(data, where)
    if (this.#images === undefined)
      this.#images = new ImageCollector(this.#name, [height, width, hasColour ? 3 : 1])
    const [expectedHeight, expectedWidth, channels] = this.#images.shape
    if (height !== expectedHeight || width !== expectedWidth)
      throw new DataError({
        where,
        what: 'a picture of another size than the first one',
        expected: `${expectedWidth}×${expectedHeight}`,
        got: `${width}×${height}`,
        hint: 'bring all pictures to one size',
      })
    if (hasColour && channels === 1) this.#images = inColour(this.#name, this.#images)
    const step = this.#images.shape[2]
    const { memory, at } = this.#images.next()
    for (let pixel = 0, to = at; pixel < width * height; pixel++)
      for (let channel = 0; channel < step; channel++) memory[to++] = data[pixel * 4 + channel]!
    this.#images.keep(`${folder}${SEPARATOR}${suffix}`)
  }

  /**
   * Returns the pictures. Their folders are the classes if there are two or more; otherwise the
   * classes stand in their names. They have no labels if there are neither.
   *
   * @throws DataError when there are no pictures
   */
  finish(): ImageSet {
    const { labels, ...set } = (
      this.#images ?? new ImageCollector(this.#name, [1, 1, 1], 0)
    ).finish()
    const places = labels!.texts.map((text) => {
      const at = text.indexOf(SEPARATOR)
      return [text.slice(0, at), text.slice(at + 1)] as const
    })
    const folders = new Set(places.map(([folder]) => folder))
    const column = folders.size > 1 && !folders.has('') ? 0 : 1
    const known = [...new Set(places.map((place) => place[column]!))]
    if (known.includes('')) return set
    const ids = places.map((place) => known.indexOf(place[column]!))
    return { ...set, labels: { texts: known, ids: labels!.ids.map((id) => ids[id]!) } }
  }
}

/** Returns the images with the grey value in each of three channels. */
function inColour(name: string, grey: ImageCollector): ImageCollector {
  const [height, width] = grey.shape
  const colour = new ImageCollector(name, [height, width, 3], Math.max(1024, grey.count))
  if (grey.count === 0) return colour
  const { images, count, labels } = grey.finish()
  const size = sizeOf(grey.shape)
  for (let i = 0; i < count; i++) {
    const { memory, at } = colour.next()
    for (let pixel = 0; pixel < size; pixel++)
      memory.fill(images[i * size + pixel]!, at + pixel * 3, at + pixel * 3 + 3)
    colour.keep(labels === undefined ? undefined : labels.texts[labels.ids[i]!])
  }
  return colour
}

/** @throws DataError when a pixel is transparent, because the colour behind it is unknown */
function isColoured(data: ArrayLike<number>, where: string): boolean {
  let hasColour = false
  for (let at = 0; at < data.length; at += 4) {
    const red = data[at]!
    hasColour ||= data[at + 1] !== red || data[at + 2] !== red
    if (data[at + 3] !== 255)
      throw new DataError({
        where,
        what: 'a picture with transparent pixels',
        expected: 'pictures without transparency',
        hint: 'put it on a background, for example with ImageMagick: `magick in.png -background black -flatten out.png`',
      })
  }
  return hasColour
}
