import { joinBytes } from '@mnist-lab/core'
import { TrainError } from '@mnist-lab/train'

/** The most files and folders in a .zip. */
export const MAX_ZIP_ENTRIES = 1000
/**
 * The bytes that are unpacked at a time. They become at most 1032 times as many before the size is
 * checked again.
 */
const STEP_BYTES = 2 ** 14

/** Says what is taken out of a .zip, and how much. */
export interface UnzipOptions {
  /** The name of the .zip, for errors. */
  readonly name: string
  /** The names of files to unpack, in any folder. All others are skipped. */
  readonly wanted: readonly string[]
  /** The most bytes that they may have together. */
  readonly maxBytes: number
  readonly hint: string
}

/**
 * Unpacks some files of a .zip. The sizes that it states are checked before anything is unpacked,
 * and the real ones while it is, because a .zip can state any size.
 *
 * @returns the contents by name, without folders
 * @throws TrainError when the .zip is damaged, has more than {@link MAX_ZIP_ENTRIES} entries or one
 *   name twice, or unpacks to more than `maxBytes`
 */
export async function unzip(
  bytes: Uint8Array,
  { name, wanted, maxBytes, hint }: UnzipOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { Unzip, UnzipInflate } = await import('fflate')
  const refused = (facts: { what: string; expected?: string; got?: string; cause?: unknown }) =>
    new TrainError({ where: name, hint, ...facts })
  const unpacked = new Map<string, { readonly parts: Uint8Array[]; whole: boolean }>()
  let entries = 0
  let length = 0
  const add = (more: number) => {
    length += more
    if (length <= maxBytes) return
    throw refused({
      what: 'its files are too large',
      expected: `at most ${maxBytes} bytes together`,
      got: 'more',
    })
  }
  const archive = new Unzip((entry) => {
    entries++
    if (entries > MAX_ZIP_ENTRIES) {
      throw refused({
        what: 'it has too many files',
        expected: `at most ${MAX_ZIP_ENTRIES}`,
        got: 'more',
      })
    }
    const file = entry.name.split('/').at(-1)!
    if (!wanted.includes(file)) return
    if (unpacked.has(file)) throw refused({ what: `it has two files named ${file}` })
    const content: { readonly parts: Uint8Array[]; whole: boolean } = { parts: [], whole: false }
    unpacked.set(file, content)
    // The stated size is only known beforehand where it stands before the content.
    const stated = entry.originalSize ?? 0
    add(stated)
    length -= stated
    entry.ondata = (error, part, isLast) => {
      if (error !== null) throw error
      add(part.length)
      content.parts.push(part)
      content.whole = isLast
    }
    entry.start()
  })
  archive.register(UnzipInflate)
  try {
    for (let at = 0; at < bytes.length; at += STEP_BYTES)
      archive.push(bytes.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length)
  } catch (cause) {
    if (cause instanceof TrainError) throw cause
    throw refused({ what: 'the .zip is damaged', cause })
  }
  const found = new Map<string, Uint8Array>()
  for (const [file, { parts, whole }] of unpacked) {
    if (whole) found.set(file, joinBytes(parts))
  }
  if (entries === 0 || found.size < unpacked.size) throw refused({ what: 'the .zip is damaged' })
  return found
}
