import { labelsOf, type Samples } from '@mnist-lab/data'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginRun, dataOfRun, splitValidation, TrainError } from '../src/index.js'
import { plan, samples, spec } from './small-run.js'

const info = {
  backend: 'null',
  versions: {},
  device: 'none',
  simd: 'none',
  threads: 1,
  notes: [],
} as const

const indicesOf = (part: Samples) => ('indices' in part ? [...part.indices] : [])

test('validation images are taken from the training images, and every image is used once', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 300 })
        .chain((count) => fc.tuple(fc.constant(count), fc.integer({ min: 1, max: count - 1 }))),
      fc.nat(),
      ([count, held], seed) => {
        const data = samples(count)
        const { train, validation } = splitValidation(data, held, seed)
        expect([train.count, validation.count]).toEqual([count - held, held])
        const all = [...indicesOf(train), ...indicesOf(validation)].sort((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: count }, (_, i) => i))
        expect(labelsOf(validation)).toEqual(
          Uint8Array.from(indicesOf(validation), (index) => data.labels[index]!),
        )
      },
    ),
  )
})

test('the split depends on the seed alone', () => {
  const data = samples(45)
  const split = (seed: number) => indicesOf(splitValidation(data, 9, seed).validation)
  expect(split(5)).toEqual(split(5))
  expect(split(5)).not.toEqual(split(6))
})

test.each([0, 45, 46, 1.5, Number.NaN])('%d of 45 images are refused in one line', (count) => {
  expect(() => splitValidation(samples(45), count, 1)).toThrow(TrainError)
  expect(() => splitValidation(samples(45), count, 1)).toThrow(
    `small/train: number of validation images, expected 1 to 44, because they are taken from 45 training images, got ${count}; ask for fewer validation images`,
  )
})

test('run.json has what is needed to find the same images again', () => {
  const [data, others] = [samples(60), samples(12, 'small/test')]
  const first = {
    ...data,
    count: 45,
    labels: data.labels.subarray(0, 45),
    images: data.images.subarray(0, 45 * 30),
  }
  const { train, validation } = splitValidation(first, 9, plan.seed)
  const setup = { spec, plan, initialWeights: 'pytorch', epochs: 3, test: others } as const
  const split = beginRun({ ...setup, train, validation }, info, {})
  expect(split.dataset).toEqual({
    name: 'small/train',
    classNames: ['a', 'b', 'c', 'd'],
    trainSamples: 36,
    validationSamples: 9,
    validationFrom: 'train',
    testSamples: 12,
  })
  const again = dataOfRun(split, { train: data, test: others })
  expect(indicesOf(again.train)).toEqual(indicesOf(train))
  expect(indicesOf(again.validation!)).toEqual(indicesOf(validation))
  expect(again.test).toBe(others)

  const plain = dataOfRun(beginRun({ ...setup, train: first }, info, {}), {
    train: data,
    test: others,
  })
  expect(plain).not.toHaveProperty('validation')
  expect(labelsOf(plain.train)).toEqual(first.labels)
})
