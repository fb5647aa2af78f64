// Makes datasets of what files hold: the classes of all splits are numbered together.
import { classIndices, MAX_CLASSES, sizeOf } from '@mnist-lab/core'
import { DataError } from '../data-error.js'
import { classNamesOf, type Dataset, numberedClasses } from '../dataset.js'
import { largestLabel } from '../idx-content.js'
import { ImageCollector, type ImageSet, type ImageShape } from './image-set.js'

/** Images without labels, such as those of a competition's test. */
export type UnlabelledImages = Pick<ImageSet, 'name' | 'images' | 'count' | 'shape'>

/** The datasets that a path holds. */
export interface LabelledData {
  readonly train: Dataset
  readonly test?: Dataset
  readonly unlabelled?: UnlabelledImages
}

/** How the labels and the images of a dataset are to be read. */
export interface Reading {
  /** One name per class. @default those of the data, or the numbers of the labels */
  readonly classNames?: readonly string[] | undefined
  /** The label of the first class. @default 0 */
  readonly firstLabel?: number | undefined
  /** Whether the rows and the columns of the images are exchanged, as EMNIST needs it. */
  readonly transpose?: boolean | undefined
}

const WHOLE = /^(?:0|[1-9]\d{0,5})$/
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/

/**
 * Makes datasets of the images of one or two splits. Labels that are all whole numbers are the
 * numbers of the classes; other labels are their names, and the classes are these names in
 * alphabetical order, unless `classNames` gives another order.
 *
 * @param name of the data; the datasets are called `NAME/train` and `NAME/test`
 * @throws DataError when no images have labels, or a label is not a class
 */
export function labelledData(
  name: string,
  sets: { readonly train?: ImageSet | undefined; readonly test?: ImageSet | undefined },
  classNames?: readonly string[],
): LabelledData {
  const all = [sets.train, sets.test].filter((set) => set !== undefined)
  const labelled = all.filter(({ labels }) => labels !== undefined)
  if (labelled.length === 0)
    throw new DataError({
      where: all[0]?.name ?? name,
      what: 'the images have no labels',
      expected: 'a label for each image',
      hint: 'name the data with the labels; only a second file may be without them',
    })
  const texts = [...new Set(labelled.flatMap(({ labels }) => labels!.texts))]
  const areNumbers = texts.every((text) => NUMBER.test(text))
  const given = classNames ?? labelled.find((set) => set.classNames !== undefined)?.classNames
  const names = areNumbers ? undefined : (given ?? [...texts].sort())
  const datasetOf = (set: ImageSet, split: 'train' | 'test'): Dataset => {
    const { texts: own, ids } = set.labels!
    const numbers = own.map((text) => {
      const number =
        names === undefined ? (WHOLE.test(text) ? Number(text) : -1) : names.indexOf(text)
      if (number >= 0 && number < MAX_CLASSES) return number
      const sample = ids.indexOf(own.indexOf(text))
      throw new DataError({
        where: set.name,
        what: `label of sample ${sample}`,
        expected:
          names === undefined
            ? `a whole number from 0 to ${MAX_CLASSES - 1}`
            : `one of ${names.length} classes: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`,
        got: text,
        hint: 'correct the label, or give the names of all classes',
      })
    })
    const labels = classIndices(set.count, Math.max(...numbers) + 1)
    for (let i = 0; i < set.count; i++) labels[i] = numbers[ids[i]!]!
    const { images, count, shape } = set
    return { name: `${name}/${split}`, images, labels, count, shape, classNames: [] }
  }
  // A single set is what a program trains on, whatever its name says.
  const [first, second] = labelled
  const isLoneTest = sets.train?.labels === undefined && second === undefined
  const train = datasetOf(first!, isLoneTest && sets.test === first ? 'test' : 'train')
  const test = second === undefined ? undefined : datasetOf(second, 'test')
  if (test !== undefined) checkSameShape(train, test)
  const found = classNamesOf([train.labels, ...(test === undefined ? [] : [test.labels])])
  const final = names ?? (given !== undefined && given.length >= found.length ? given : found)
  const rest = all.find(({ labels }) => labels === undefined)
  return {
    train: { ...train, classNames: final },
    ...(test === undefined ? {} : { test: { ...test, classNames: final } }),
    ...(rest === undefined ? {} : { unlabelled: rest }),
  }
}

function checkSameShape(train: Dataset, test: Dataset): void {
  const [expected, got] = [train, test].map(({ shape }) => shape.join('×')) as [string, string]
  if (expected === got) return
  throw new DataError({
    where: test.name,
    what: 'images of another shape than the training images',
    expected,
    got,
    hint: 'use files of one dataset',
  })
}

/**
 * Returns data as it is to be read: with named classes, with labels that begin at 0, and with its
 * images turned.
 *
 * @throws DataError when a label has no name or is below the first label
 */
export function withReading<T extends LabelledData>(data: T, reading: Reading): T {
  const { classNames, firstLabel = 0, transpose = false } = reading
  const splits = [data.train, ...(data.test === undefined ? [] : [data.test])]
  const largest = Math.max(...splits.map(({ labels }) => largestLabel(labels))) - firstLabel
  if (classNames !== undefined && largest >= classNames.length)
    throw new DataError({
      where: data.train.name,
      what: 'the names of the classes',
      expected: `${largest + 1} or more, because the largest label is ${largest + firstLabel}`,
      got: `${classNames.length}`,
      hint: 'name all classes',
    })
  const names =
    classNames ??
    (firstLabel === 0 ? data.train.classNames : numberedClasses(Math.max(2, largest + 1)))
  const arranged = (dataset: Dataset): Dataset => ({
    ...dataset,
    classNames: names,
    ...(firstLabel === 0 ? {} : { labels: lowered(dataset, firstLabel) }),
    ...(transpose ? transposed(dataset) : {}),
  })
  return {
    ...data,
    train: arranged(data.train),
    ...(data.test === undefined ? {} : { test: arranged(data.test) }),
    ...(data.unlabelled === undefined || !transpose
      ? {}
      : { unlabelled: { ...data.unlabelled, ...transposed(data.unlabelled) } }),
  }
}

function lowered({ name, labels }: Dataset, firstLabel: number): Dataset['labels'] {
  const below = labels.findIndex((label) => label < firstLabel)
  if (below === -1) return labels.map((label) => label - firstLabel)
  throw new DataError({
    where: name,
    what: `label of sample ${below}`,
    expected: `${firstLabel} or more`,
    got: `${labels[below]!}`,
    hint: 'use labels and a mapping that belong together',
  })
}

/** Returns images with their rows and columns exchanged. */
function transposed({ images, count, shape }: Pick<ImageSet, 'images' | 'count' | 'shape'>): {
  images: Uint8Array
  shape: ImageShape
} {
  const [height, width, channels] = shape
  const size = sizeOf(shape)
  const turned = new Uint8Array(count * size)
  for (let i = 0; i < count; i++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let channel = 0; channel < channels; channel++)
          turned[i * size + (column * height + row) * channels + channel] =
            images[i * size + (row * width + column) * channels + channel]!
  return { images: turned, shape: [width, height, channels] }
}

/**
 * Returns several parts of one split as one, in their order.
 *
 * @throws DataError when their images have different shapes, or some have labels and some have not
 */
export function joinedSets(name: string, sets: readonly ImageSet[]): ImageSet {
  const [first, ...more] = sets
  if (first === undefined || more.length === 0) return first!
  const count = sets.reduce((sum, set) => sum + set.count, 0)
  const all = new ImageCollector(name, first.shape, count)
  for (const { name: part, images, count: own, shape, labels } of sets) {
    if (
      shape.join('×') !== first.shape.join('×') ||
      (labels === undefined) !== (first.labels === undefined)
    )
      throw new DataError({
        where: part,
        what: 'a part of another kind than the first one',
        expected: `${first.shape.join('×')} ${first.labels === undefined ? 'without' : 'with'} labels`,
        got: `${shape.join('×')} ${labels === undefined ? 'without' : 'with'} labels`,
        hint: 'use the parts of one dataset',
      })
    const size = sizeOf(shape)
    for (let i = 0; i < own; i++)
      all.add(images.subarray(i * size, (i + 1) * size), labels?.texts[labels.ids[i]!])
  }
  const { classNames } = first
  return { ...all.finish(), ...(classNames === undefined ? {} : { classNames }) }
}
