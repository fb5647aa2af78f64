// Everything that the set-up downloads, and the checksum that each file is held to.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { TFJS_NODE_VERSION } from '@mnist-lab/backends/node'
import { InputError } from '@mnist-lab/core'

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

/** The npm package of tfjs-node. The registry states its checksum as `integrity`. */
export const TFJS_NODE_PACKAGE = {
  name: '@tensorflow/tfjs-node',
  version: TFJS_NODE_VERSION,
  file: `tensorflow-tfjs-node-${TFJS_NODE_VERSION}.tgz`,
  checksum: {
    algorithm: 'sha512',
    encoding: 'base64',
    digest:
      'uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
  } satisfies Checksum,
}

/** The version of the release archive: the one that this version of tfjs-node is built with. */
export const ARCHIVE_VERSION = '2.9.1'

/**
 * The release archives of TensorFlow's C library, by platform and architecture. Their publisher
 * states no checksums; these are the ones that Nixpkgs and Bazel rules pin.
 */
export const ARCHIVES: Partial<
  Readonly<Record<string, { readonly file: string; readonly checksum: Checksum }>>
> = {
  'linux-x64': {
    file: `libtensorflow-cpu-linux-x86_64-${ARCHIVE_VERSION}.tar.gz`,
    checksum: sha256('7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173'),
  },
  'darwin-x64': {
    file: `libtensorflow-cpu-darwin-x86_64-${ARCHIVE_VERSION}.tar.gz`,
    checksum: sha256('56f83d3320ba0f69aaafd6c058645e1b7fbc75fb9a3fc36d6be98de1291ca226'),
  },
}

/** The newest TensorFlow that was tested with the addon. */
export const WHEEL_VERSION = '2.21.0'

/** A wheel of TensorFlow. The libraries in it are the same for every Python. */
export interface Wheel {
  readonly project: string
  /** The platform's tag in the file's name. */
  readonly platform: string
  /** The version of Python that the wheel is made for. */
  readonly python: string
  /** Is missing where we have not checked one. The user then states it. */
  readonly checksum?: Checksum
}

/** The wheels by platform and architecture. */
export const WHEELS: Partial<Readonly<Record<string, Wheel>>> = {
  'linux-x64': {
    project: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    python: '3.11',
    checksum: sha256('2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c'),
  },
  // Here the plain package has no GPU libraries.
  'linux-arm64': { project: 'tensorflow', platform: 'manylinux_2_27_aarch64', python: '3.11' },
  'darwin-arm64': { project: 'tensorflow', platform: 'macosx_12_0_arm64', python: '3.11' },
}

/** Returns the name of a wheel's file. */
export function wheelFile({ project, platform, python }: Wheel): string {
  const tag = `cp${python.replace('.', '')}`
  return `${project.replace('-', '_')}-${WHEEL_VERSION}-${tag}-${tag}-${platform}.whl`
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

/** Returns the hash of a file. @throws the signal's reason when aborted */
export async function hashOfFile(
  file: string,
  { algorithm, encoding }: Pick<Checksum, 'algorithm' | 'encoding'>,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    signal.throwIfAborted()
    hash.update(chunk as Buffer)
  }
  return hash.digest(encoding)
}
