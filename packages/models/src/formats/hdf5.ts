// HDF5 files in memory. The library is the HDF5 of C, compiled to WebAssembly, with a file system
// in memory.
import type { File as Hdf5File } from 'h5wasm'
import { ModelError } from '../model-error.js'
import type { NamedTensor } from '../weights.js'
import { withoutTimes } from './hdf5-times.js'

let count = 0

/**
 * Opens a library of HDF5 and calls `work` with its functions and the name of a file that no other
 * call uses. The file is removed afterwards.
 */
async function withFile<Result>(
  work: (open: (mode: 'r' | 'w') => Hdf5File, files: FileSystem, name: string) => Result,
): Promise<Result> {
  const { default: h5wasm, ready } = await import('h5wasm')
  const module = await ready
  // Otherwise the library prints what is wrong with a file.
  module.activate_throwing_error_handler()
  const files = module.FS as FileSystem
  const name = `mnist-lab-${count++}.h5`
  try {
    return work((mode) => new h5wasm.File(name, mode), files, name)
  } finally {
    if (files.analyzePath(name).exists) files.unlink(name)
  }
}

/** The file system in memory. */
interface FileSystem {
  readFile(name: string): Uint8Array
  writeFile(name: string, bytes: Uint8Array): void
  unlink(name: string): void
  analyzePath(name: string): { readonly exists: boolean }
}

/** Returns the bytes of an HDF5 file. The same datasets give the same bytes. */
export async function writeHdf5(
  groups: readonly string[],
  datasets: readonly NamedTensor[],
): Promise<Uint8Array> {
  return withFile((open, files, name) => {
    const file = open('w')
    for (const group of groups) file.create_group(group)
    for (const { name, shape, data } of datasets)
      file.create_dataset({ name, data, shape: [...shape], dtype: '<f4' })
    file.close()
    return withoutTimes(files.readFile(name))
  })
}

/**
 * Calls `read` with an HDF5 file.
 *
 * @param where the file, for errors
 * @throws ModelError when the bytes are not an HDF5 file
 */
export async function readHdf5<Result>(
  bytes: Uint8Array,
  where: string,
  read: (file: Hdf5File) => Result,
): Promise<Result> {
  return withFile((open, files, name) => {
    files.writeFile(name, bytes)
    let file: Hdf5File | undefined
    try {
      file = open('r')
      return read(file)
    } catch (cause) {
      if (cause instanceof ModelError) throw cause
      const hint = 'save or fetch the file again'
      throw new ModelError({ where, what: 'the weights are not an HDF5 file', hint, cause })
    } finally {
      file?.close()
    }
  })
}
