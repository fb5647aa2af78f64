// Everything that the set-up downloads, and the checksum that each file is held to.
import { TFJS_NODE_VERSION } from '@mnist-lab/backends/node'
import { type Checksum, sha256 } from '../setup/checksum.js'

/** The npm package of tfjs-node. The registry states its checksum as `integrity`. */
export const TFJS_NODE_PACKAGE = {
  name: '@tensorflow/tfjs-node',
  version: TFJS_NODE_VERSION,
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
