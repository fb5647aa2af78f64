// HDF5 files in memory. The library is the HDF5 of C, compiled to WebAssembly, with a file system
// in memory.
import type { File as Hdf5File } from 'h5wasm'
import { ModelError } from '../model-error.js'
import type { NamedTensor } from '../weights.js'
import { withoutTimes } from './hdf5-times.js'

/** The file system in memory. */
interface FileSystem {
  readFile(name: string): Uint8Array
  writeFile(name: string, bytes: Uint8Array): void
  unlink(name: string): void
  analyzePath(name: string): { readonly exists: boolean }
}

interface Library {
  readonly open: (name: string, mode: 'r' | 'w') => Hdf5File
  readonly files: FileSystem
  /**
   * Whether a damaged file has made the code of C leave its memory, which WebAssembly stops. What
   * it left there may be wrong, so it is not called again.
   */
  isBroken: boolean
}

let library: Promise<Library> | undefined
let count = 0

/**
 * Loads the library.
 *
 * @throws ModelError when it is not installed: it has 14 MB and does not come with this package
 */
async function load(): Promise<Library> {
  const { default: h5wasm, ready } = await import('h5wasm').catch((cause: unknown) => {
    throw new ModelError({
      where: 'h5wasm',
      what: 'the npm package that reads and writes the weights of Keras is not there',
      hint: 'run `npm install h5wasm`',
      cause,
    })
  })
  const module = await ready
  // Otherwise the library prints what is wrong with a file.
  module.activate_throwing_error_handler()
  const open = (name: string, mode: 'r' | 'w') => new h5wasm.File(name, mode)
  return { open, files: module.FS as FileSystem, isBroken: false }
}

async function loadedLibrary(): Promise<Library> {
  const loaded = await (library ??= load())
  if (!loaded.isBroken) return loaded
  throw new ModelError({
    where: 'HDF5',
    what: 'the library has stopped at a damaged file before',
    hint: 'start the program again, or load the page again',
  })
}

/** Returns the bytes of an HDF5 file. The same datasets give the same bytes. */
export async function writeHdf5(
  groups: readonly string[],
  datasets: readonly NamedTensor[],
): Promise<Uint8Array> {
  const { open, files } = await loadedLibrary()
  const name = `mnist-lab-${count++}.h5`
  const file = open(name, 'w')
  for (const group of groups) file.create_group(group)
  for (const { name, shape, data } of datasets)
    file.create_dataset({ name, data, shape: [...shape], dtype: '<f4' })
  file.close()
  const bytes = files.readFile(name)
  files.unlink(name)
  return withoutTimes(bytes)
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
  const loaded = await loadedLibrary()
  const name = `mnist-lab-${count++}.h5`
  loaded.files.writeFile(name, bytes)
  let file: Hdf5File | undefined
  try {
    file = loaded.open(name, 'r')
    return read(file)
  } catch (cause) {
    throw errorOf(cause, where, loaded)
  } finally {
    loaded.files.unlink(name)
    if (!loaded.isBroken && file !== undefined) close(file, where, loaded)
  }
}

function close(file: Hdf5File, where: string, loaded: Library): void {
  try {
    file.close()
  } catch (cause) {
    throw errorOf(cause, where, loaded)
  }
}

/** Returns the error about a file, and remembers when the library has stopped at it. */
function errorOf(cause: unknown, where: string, loaded: Library): unknown {
  if (cause instanceof ModelError) return cause
  // The error of WebAssembly, which also comes from another copy of its global object.
  if (cause instanceof Error && cause.name === 'RuntimeError') loaded.isBroken = true
  const hint = 'save or fetch the file again'
  return new ModelError({ where, what: 'the weights are not an HDF5 file', hint, cause })
}
