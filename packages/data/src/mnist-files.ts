import { DataError } from './data-error.js'
import { classNamesOf, datasetFromIdx, type Dataset } from './dataset.js'
import type { IdxArray } from './idx.js'

/**
 * The published names of MNIST's four files, with the size and the SHA-256 of their decompressed
 * contents.
 */
export const MNIST_FILES = {
  trainImages: {
    file: 'train-images-idx3-ubyte',
    bytes: 47_040_016,
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  trainLabels: {
    file: 'train-labels-idx1-ubyte',
    bytes: 60_008,
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  testImages: {
    file: 't10k-images-idx3-ubyte',
    bytes: 7_840_016,
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  testLabels: {
    file: 't10k-labels-idx1-ubyte',
    bytes: 10_008,
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
} as const

/** One of MNIST's four files. */
export interface MnistFile {
  /** Its published name, e.g. `train-images-idx3-ubyte`. */
  readonly file: string
  /** The size of its decompressed contents. */
  readonly bytes: number
  /** The SHA-256 of its decompressed contents. */
  readonly sha256: string
}

/**
 * Reads the four files and makes a training set and a test set from them. Both have the same
 * classes, whichever of them shows the largest label.
 *
 * @param name of the data, e.g. `mnist`; the sets are called `mnist/train` and `mnist/test`
 * @param read returns the content of one file
 * @throws DataError when the files do not fit each other
 */
export async function readMnist(
  name: string,
  read: (file: MnistFile) => Promise<IdxArray>,
  options: { readonly classNames?: readonly string[] } = {},
): Promise<{ train: Dataset; test: Dataset }> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all([
    read(MNIST_FILES.trainImages),
    read(MNIST_FILES.trainLabels),
    read(MNIST_FILES.testImages),
    read(MNIST_FILES.testLabels),
  ])
  const train = datasetFromIdx(`${name}/train`, trainImages, trainLabels, options)
  const test = datasetFromIdx(`${name}/test`, testImages, testLabels, options)
  const classNames = options.classNames ?? classNamesOf([train.labels, test.labels])
  return { train: { ...train, classNames }, test: { ...test, classNames } }
}

/**
 * Returns the SHA-256 of some bytes in lower-case hexadecimal, computed by WebCrypto.
 *
 * @throws DataError when a browser hides WebCrypto because the page is not from a secure origin
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis as { crypto?: typeof globalThis.crypto }).crypto?.subtle
  if (subtle === undefined) {
    throw new DataError({
      where: 'checksum',
      what: 'WebCrypto is missing',
      hint: 'open the page through https or localhost',
    })
  }
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Checks that bytes have the expected SHA-256.
 *
 * @param expected hexadecimal, in lower or upper case
 * @param name of the file, for the error
 * @throws DataError when the bytes have another SHA-256
 */
export async function verifySha256(
  bytes: Uint8Array,
  expected: string,
  name: string,
): Promise<void> {
  const got = await sha256(bytes)
  if (got === expected.toLowerCase()) return
  throw new DataError({
    where: name,
    what: 'wrong contents',
    expected: `SHA-256 ${expected.toLowerCase()}`,
    got,
    hint: 'the file is damaged or is another file, download it again',
  })
}
