import { InputError } from '@mnist-lab/core'
import { hashOfFile } from '@mnist-lab/core/node'

/** The checksum of a published file. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
  readonly digest: string
}

/** Returns the checksum that a SHA-256 in hexadecimal digits stands for. */
export function sha256(digest: string): Checksum {
  return { algorithm: 'sha256', encoding: 'hex', digest: digest.toLowerCase() }
}

/**
 * Returns the checksum that npm's `integrity` of a package stands for: `sha512-` and base64 digits.
 */
export function sha512(integrity: string): Checksum {
  return { algorithm: 'sha512', encoding: 'base64', digest: integrity.replace(/^sha512-/, '') }
}

/**
 * The error thrown when a download is not the file that was published. The set-up then ends and
 * tries no other source.
 */
export class ChecksumError extends InputError {
  override readonly name: string = 'ChecksumError'
}

/** Returns the error for a file whose checksum is `got`. */
export function wrongChecksum(
  where: string,
  { algorithm, digest }: Checksum,
  got: string,
): ChecksumError {
  const title = algorithm === 'sha256' ? 'SHA-256' : 'SHA-512'
  return new ChecksumError({
    where,
    what: 'the downloaded file is not the published one',
    expected: `${title} ${digest}`,
    got,
    hint: 'nothing was installed; try again, and if it stays so, check which mirror, proxy or index the file comes from',
  })
}

/**
 * Checks a downloaded file.
 *
 * @param where the file's origin, for the error
 * @throws ChecksumError when its bytes are others
 * @throws the signal's reason when aborted
 */
export async function checkDownload(
  file: string,
  where: string,
  expected: Checksum,
  signal: AbortSignal,
): Promise<void> {
  const got = await hashOfFile(file, expected, signal)
  if (got !== expected.digest) throw wrongChecksum(where, expected, got)
}
