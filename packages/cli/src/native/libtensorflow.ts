import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A TensorFlow to compile against: its libraries and its C headers. */
export interface Libtensorflow {
  /** Absolute paths, the one with the C interface first. */
  readonly libraries: readonly string[]
  /** Folder with `tensorflow/c/c_api.h`. */
  readonly include: string
}

/** File names of the libraries, by what the release archives and the Python wheels call them. */
export function libraryNames(platform: NodeJS.Platform): readonly (readonly string[])[] {
  return platform === 'darwin'
    ? [
        ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
        ['libtensorflow.2.dylib', 'libtensorflow_framework.2.dylib'],
      ]
    : [
        ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
        ['libtensorflow.so.2', 'libtensorflow_framework.so.2'],
      ]
}

/** Looks into a release archive's folder (`lib`, `include`) or a Python package's (libraries beside `include`). */
export function libtensorflowIn(
  root: string,
  platform: NodeJS.Platform = process.platform,
): Libtensorflow | undefined {
  const include = join(root, 'include')
  if (!existsSync(join(include, 'tensorflow', 'c', 'c_api.h'))) return undefined
  for (const folder of [root, join(root, 'lib')]) {
    for (const names of libraryNames(platform)) {
      const libraries = names.map((name) => join(folder, name))
      if (libraries.every((library) => existsSync(library))) return { libraries, include }
    }
  }
  return undefined
}
