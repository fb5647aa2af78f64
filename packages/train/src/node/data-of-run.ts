import { loadDataset, type OpenDataOptions } from '@mnist-lab/data/node'
import { resolve } from 'node:path'
import type { RunResult } from '../run-schema.js'

/**
 * Returns how the data of a run is to be read, so that its classes and its images are those that
 * the run was trained on. Files of earlier versions name no classes, and their images were not
 * turned.
 *
 * @param given other data that the user names. It has the classes of the run and is read as it is
 *   recognised
 */
export function readingOfRun(
  { directory, classNames, firstLabel, transposed }: RunResult['dataset'],
  given?: string,
): Pick<OpenDataOptions, 'classNames' | 'firstLabel' | 'transpose'> {
  const isOther = given !== undefined && resolve(given) !== directory
  return {
    ...(classNames === undefined ? {} : { classNames }),
    ...(isOther ? {} : { firstLabel: firstLabel ?? 0, transpose: transposed ?? false }),
  }
}

/** Loads the data of a run, or other data in its place. */
export function loadDataOfRun(
  dataset: RunResult['dataset'],
  given: string | undefined,
  options: Pick<OpenDataOptions, 'signal' | 'onProgress'> = {},
): ReturnType<typeof loadDataset> {
  return loadDataset(given ?? dataset.directory, { ...options, ...readingOfRun(dataset, given) })
}
