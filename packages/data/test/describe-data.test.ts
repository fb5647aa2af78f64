import { expect, test } from 'vitest'
import type { Dataset } from '../src/dataset.js'
import { describeData } from '../src/describe-data.js'
import { stratifiedSplit } from '../src/stratified-split.js'

/** Images of 1×2 from their pixels and labels. */
function dataset(...images: (readonly [label: number, a: number, b: number])[]): Dataset {
  return {
    name: 'a',
    images: Uint8Array.from(images.flatMap(([, a, b]) => [a, b])),
    labels: Uint8Array.from(images, ([label]) => label),
    count: images.length,
    shape: [1, 2, 1],
    classNames: ['no', 'yes', 'none'],
  }
}

test('figures count classes, and give the mean and the deviation of the pixels', () => {
  const {
    train,
    test: other,
    shared,
  } = describeData({
    train: dataset([0, 0, 255], [1, 0, 0], [1, 255, 255]),
  })
  expect([other, shared]).toEqual([undefined, undefined])
  expect(train).toMatchObject({ images: 3, perClass: [1, 2, 0], duplicates: 0 })
  expect(train.mean).toBeCloseTo(0.5, 12)
  expect(train.deviation).toBeCloseTo(0.5, 12)
})

test('duplicates are found within a split and between splits, with other labels too', () => {
  const train = dataset([0, 1, 2], [1, 1, 2], [0, 2, 1], [0, 1, 2])
  const figures = describeData({ train, test: dataset([0, 1, 2], [1, 1, 2], [1, 9, 9], [1, 9, 9]) })
  expect(figures.train.duplicates).toBe(2)
  expect(figures.test!.duplicates).toBe(2)
  expect(figures.shared).toEqual({ images: 2, otherLabels: 1 })
})

const many = dataset(
  ...Array.from({ length: 100 }, (_, at) => [at % 10 === 0 ? 1 : 0, at, at] as const),
  [2, 200, 200],
)

test('a split has the same share of each class, and every image once', () => {
  const { train, test: other } = stratifiedSplit(many, 0.2, 3)
  const counts = ({ labels }: Dataset) =>
    [0, 1, 2].map((label) => labels.filter((own) => own === label).length)
  expect(counts(other)).toEqual([18, 2, 0])
  expect(counts(train)).toEqual([72, 8, 1])
  const images = [...train.images, ...other.images].sort((a, b) => a - b)
  expect(images).toEqual([...many.images].sort((a, b) => a - b))
  for (const part of [train, other])
    expect([...part.labels]).toEqual(
      Array.from(
        { length: part.count },
        (_, at) => many.labels[many.images.indexOf(part.images[2 * at]!) / 2],
      ),
    )
})

test('a split is the same for the same seed, and another for another', () => {
  const imagesOf = (seed: number) => stratifiedSplit(many, 0.2, seed).test.images
  expect(imagesOf(3)).toEqual(imagesOf(3))
  expect(imagesOf(3)).not.toEqual(imagesOf(4))
})

test('a class of two images has one in each part, whatever the share', () => {
  const two = dataset([0, 1, 1], [0, 2, 2])
  for (const share of [0.01, 0.99])
    expect([
      stratifiedSplit(two, share, 1).train.count,
      stratifiedSplit(two, share, 1).test.count,
    ]).toEqual([1, 1])
  expect(() => stratifiedSplit(dataset([0, 1, 1], [1, 2, 2]), 0.5, 1)).toThrow(
    '2 images cannot be divided',
  )
})
