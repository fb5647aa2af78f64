import { MAX_ARCHIVE_FILES, MAX_FOREIGN_BYTES } from '../limits.js'
import { ModelError } from '../model-error.js'
import { damagedFile } from './foreign-error.js'

/**
 * Unpacks a .zip. Sizes are checked before anything is unpacked.
 *
 * @param where the archive, for errors
 * @returns the contents by name
 */
export async function unpackArchive(
  bytes: Uint8Array,
  where: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { unzipSync } = await import('fflate')
  let [count, total] = [0, 0]
  const refuse = (expected: string) =>
    damagedFile(where, 'the archive is too large', { expected, got: 'more' })
  try {
    const files = unzipSync(bytes, {
      filter: ({ originalSize }) => {
        count++
        total += originalSize
        if (count > MAX_ARCHIVE_FILES) throw refuse(`at most ${MAX_ARCHIVE_FILES} files`)
        if (total > MAX_FOREIGN_BYTES) throw refuse(`at most ${MAX_FOREIGN_BYTES} bytes`)
        return true
      },
    })
    return new Map(Object.entries(files))
  } catch (cause) {
    if (cause instanceof ModelError) throw cause
    throw damagedFile(where, 'it is a damaged archive', { cause })
  }
}
