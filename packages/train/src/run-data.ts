import { type Dataset, type Samples, split, take } from '@mnist-lab/data'
import type { RunResult } from './run-schema.js'
import { TrainError } from './train-error.js'

/** The images of a run, by the purpose they serve. */
export interface RunData {
  readonly train: Samples
  /**
   * Images that were split off the training images. Without them the test images are evaluated
   * after every epoch.
   */
  readonly validation?: Samples
  readonly test: Dataset
}

/**
 * Splits validation images off the training images at random. The same seed always gives the same
 * split.
 *
 * @param count the number of validation images; at least one training image must remain
 * @throws TrainError when `count` is out of range
 */
export function splitValidation(
  train: Dataset,
  count: number,
  seed: number,
): { readonly train: Samples; readonly validation: Samples } {
  if (!Number.isInteger(count) || count < 1 || count >= train.count) {
    throw new TrainError({
      where: train.name,
      what: 'number of validation images',
      expected: `1 to ${train.count - 1}, because they are taken from ${train.count} training images`,
      got: `${count}`,
      hint: 'ask for fewer validation images',
    })
  }
  const [rest, validation] = split(train, (train.count - count) / train.count, seed)
  return { train: rest, validation }
}

/**
 * Selects the images of an earlier run from its data, split as they were in that run.
 *
 * @throws DataError when the data has fewer training images than the run used
 */
export function dataOfRun(
  { dataset, plan }: RunResult,
  data: { readonly train: Dataset; readonly test: Dataset },
): RunData {
  const { trainSamples, validationSamples, validationFrom } = dataset
  const { test } = data
  if (validationFrom === undefined) return { train: take(data.train, trainSamples), test }
  const all = take(data.train, trainSamples + validationSamples)
  return { ...splitValidation(all, validationSamples, plan.seed), test }
}
