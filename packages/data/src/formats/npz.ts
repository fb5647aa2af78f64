// The archives of NumPy: zip files of arrays.
import { DataError } from '../data-error.js'
import { imagesFromIdx, labelsFromIdx } from '../idx-content.js'
import type { IdxArray } from '../idx.js'
import { checkImageBytes, type ImageSet, labelTexts, MAX_IMAGE_BYTES } from './image-set.js'
import { readNpy, writeNpy } from './npy.js'

/** The most bytes that the arrays of an archive unpack to. */
export const MAX_NPZ_BYTES = MAX_IMAGE_BYTES
/** The most arrays in an archive. */
const MAX_NPZ_ARRAYS = 1000

/** What an array is for. */
type Role = `${'train' | 'test'} ${'images' | 'labels'}`

/** A part of a dataset that an archive holds. */
export interface NpzContent {
  readonly train?: ImageSet
  readonly test?: ImageSet
  /** The array of an archive that has one without a name, as those of KMNIST. */
  readonly single?: IdxArray
}

const IMAGES = /(?:^|[_-])(?:x|images?|imgs?|data|pixels)(?=$|[_-])/i
const LABELS = /(?:^|[_-])(?:y|labels?|targets?|classes)(?=$|[_-])/i
const TEST = /(?:^|[_-])(?:test|t10k)(?=$|[_-])/i
const OTHER_SPLIT = /(?:^|[_-])(?:val|valid|validation|dev|extra)(?=$|[_-])/i

/**
 * Reads an archive of NumPy. The names of its arrays say what they are: `x_train`, `y_train`,
 * `x_test` and `y_test` as Keras calls them, or `train_images` and the like. Images are bytes,
 * other whole numbers from 0 to 255, or floats from 0 to 1, which are rounded to multiples of
 * 1/255. Labels are whole numbers of any type.
 *
 * @throws DataError when it is damaged, its names mean nothing, or it is beyond a limit
 */
export async function readNpz(bytes: Uint8Array, name: string): Promise<NpzContent> {
  const members = await unpacked(bytes, name)
  const only = [...members][0]
  if (members.size === 1 && only?.[0] === 'arr_0')
    return { single: readNpy(only[1], `${name}, arr_0`) }
  const byRole = new Map<Role, readonly [string, Uint8Array]>()
  for (const [member, content] of members) {
    const role = roleOf(member)
    if (role === undefined) continue
    const other = byRole.get(role)
    if (other !== undefined)
      throw new DataError({
        where: name,
        expected: `one array with the ${role}`,
        got: `${other[0]} and ${member}`,
        hint: 'save one of them only',
      })
    byRole.set(role, [member, content])
  }
  const setOf = (split: 'train' | 'test'): ImageSet | undefined => {
    const images = byRole.get(`${split} images`)
    const labels = byRole.get(`${split} labels`)
    if (images === undefined && labels === undefined) return undefined
    if (images === undefined || labels === undefined)
      throw new DataError({
        where: name,
        expected: `arrays with the images and the labels of ${split}`,
        got: [...members.keys()].join(', '),
        hint: 'call them x_train, y_train, x_test and y_test, as Keras does',
      })
    return imageSetOf(name, readNpy(images[1], `${name}, ${images[0]}`), {
      array: readNpy(labels[1], `${name}, ${labels[0]}`),
      name: `${name}, ${labels[0]}`,
    })
  }
  const [train, test] = [setOf('train'), setOf('test')]
  if (train !== undefined || test !== undefined)
    return { ...(train === undefined ? {} : { train }), ...(test === undefined ? {} : { test }) }
  throw new DataError({
    where: name,
    expected: 'arrays called x_train, y_train, x_test and y_test',
    got: [...members.keys()].slice(0, 10).join(', ') || 'none',
    hint: 'save them with numpy.savez_compressed(path, x_train=…, y_train=…, x_test=…, y_test=…)',
  })
}

/** Returns the images and labels of two arrays. */
export function imageSetOf(
  name: string,
  array: IdxArray,
  labels: { readonly array: IdxArray; readonly name: string },
): ImageSet {
  const { images, shape } = imagesFromIdx(name, array, labels.array)
  const [count, ...imageShape] = shape
  checkImageBytes(name, count, imageShape)
  const values = labelsFromIdx(labels.name, labels.array)
  if (values.length !== count)
    throw new DataError({
      where: name,
      expected: `${count} labels, one for each image`,
      got: `${values.length}`,
      hint: 'use the images and the labels of the same split',
    })
  return { name, images, count, shape: imageShape, labels: labelTexts(values) }
}

/** Returns what an array of this name is for. */
export function roleOf(member: string): Role | undefined {
  if (OTHER_SPLIT.test(member)) return undefined
  const split = TEST.test(member) ? 'test' : 'train'
  if (LABELS.test(member)) return `${split} labels`
  return IMAGES.test(member) ? `${split} images` : undefined
}

/** Unpacks the arrays of an archive. The stated sizes are checked before memory is taken. */
async function unpacked(bytes: Uint8Array, name: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { unzipSync } = await import('fflate')
  let [total, arrays] = [0, 0]
  try {
    const files = unzipSync(bytes, {
      filter: ({ name: member, originalSize, size, compression }) => {
        if (!member.endsWith('.npy')) return false
        if (++arrays > MAX_NPZ_ARRAYS)
          throw tooLarge(name, `at most ${MAX_NPZ_ARRAYS} arrays`, 'more')
        if (compression === 0 && size !== originalSize)
          throw new DataError({
            where: `${name}, ${member}`,
            what: 'two lengths of one array',
            expected: `${originalSize} bytes`,
            got: `${size}`,
            hint: 'the file is damaged; download it again',
          })
        total += originalSize
        if (total > MAX_NPZ_BYTES)
          throw tooLarge(name, `arrays of at most ${MAX_NPZ_BYTES} bytes`, String(total))
        return true
      },
    })
    return new Map(
      Object.entries(files).map(([member, content]) => [member.slice(0, -'.npy'.length), content]),
    )
  } catch (cause) {
    if (cause instanceof DataError) throw cause
    throw new DataError({
      where: name,
      what: `a damaged archive (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'download or save it again',
      cause,
    })
  }
}

function tooLarge(where: string, expected: string, got: string): DataError {
  return new DataError({ where, what: 'too large', expected, got, hint: 'save fewer images' })
}

/** Returns an archive with the names that Keras gives the arrays. */
export async function writeNpz(
  splits: Readonly<
    Partial<
      Record<
        'train' | 'test',
        Pick<ImageSet, 'images' | 'count' | 'shape'> & { readonly classes: ArrayLike<number> }
      >
    >
  >,
): Promise<Uint8Array> {
  const { zipSync } = await import('fflate')
  const members: Record<string, Uint8Array> = {}
  for (const split of ['train', 'test'] as const) {
    const part = splits[split]
    if (part === undefined) continue
    const { images, count, shape, classes } = part
    const [height, width, channels] = shape
    const sizes = channels === 1 ? [count, height, width] : [count, height, width, channels]
    const small = Array.prototype.every.call(classes, (label: number) => label < 256)
    members[`x_${split}.npy`] = writeNpy(sizes, images)
    members[`y_${split}.npy`] = writeNpy(
      [count],
      small ? Uint8Array.from(classes) : BigInt64Array.from(classes, (label) => BigInt(label)),
    )
  }
  // A fixed time keeps the file the same whenever it is written.
  return zipSync(members, { mtime: new Date(1980, 0, 1), level: 6 })
}
