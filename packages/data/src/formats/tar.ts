// Archives of pictures, as `tar` writes them.
import { joinBytes } from '@mnist-lab/core'
import { DataError } from '../data-error.js'
import { MAX_CLASSES_BYTES } from './class-names.js'
import type { ImageSet } from './image-set.js'
import { isPicturePath, PictureCollector, type PictureDecoder, placeOf } from './picture-set.js'

/** The most files and folders in an archive. */
const MAX_TAR_ENTRIES = 2 ** 22
/** The most bytes of a picture in an archive. */
const MAX_TAR_PICTURE_BYTES = 2 ** 24

/** What an archive of pictures holds. */
export interface TarContent {
  readonly train?: ImageSet
  readonly test?: ImageSet
  /** The text of `classes.txt`, if it has one. */
  readonly classes?: string
}

/**
 * Reads an archive of pictures: `12_7.png` with the label behind the number, or folders of classes,
 * within `train` and `test` or not. Other files are skipped.
 *
 * @param source the bytes of the archive, unpacked, in parts of any length
 * @param fallback the split of pictures whose path names none
 * @throws DataError when the archive is damaged or beyond a limit, or a picture cannot be read
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  name: string,
  { decode, fallback = 'train' }: { decode: PictureDecoder; fallback?: 'train' | 'test' },
): Promise<TarContent> {
  const { createTarDecoder } = await import('modern-tar')
  const { readable, writable } = createTarDecoder({ strict: true })
  const feeding = feed(source, writable)
  const reader = readable.getReader()
  const collectors = new Map<'train' | 'test', PictureCollector>()
  let classes: string | undefined
  let entries = 0
  /** Reads from the archive, whose errors have one line unless they are those of the source. */
  const read = async <T>(promise: Promise<T>): Promise<T> => {
    try {
      return await promise
    } catch (cause) {
      const { error } = await feeding
      if (error !== undefined) throw error
      throw damaged(name, cause)
    }
  }
  try {
    for (;;) {
      const { done, value } = await read(reader.read())
      if (done) break
      const { header, body } = value
      if (++entries > MAX_TAR_ENTRIES)
        throw new DataError({
          where: name,
          what: 'too many files',
          expected: `at most ${MAX_TAR_ENTRIES}`,
          got: 'more',
          hint: 'use a smaller archive',
        })
      const where = `${name}, ${header.name}`
      const isPicture = header.type === 'file' && isPicturePath(header.name)
      const isClasses = header.type === 'file' && /(?:^|\/)classes\.txt$/.test(header.name)
      if (!isPicture && !isClasses) {
        await read(body.cancel())
        continue
      }
      const most = isPicture ? MAX_TAR_PICTURE_BYTES : MAX_CLASSES_BYTES
      if (header.size > most)
        throw new DataError({
          where,
          what: 'the file is too large',
          expected: `at most ${most} bytes`,
          got: `${header.size}`,
          hint: 'make it smaller',
        })
      const bytes = await read(wholeBody(body))
      if (isClasses) {
        classes = new TextDecoder().decode(bytes)
        continue
      }
      const place = placeOf(header.name, fallback)
      const collector = collectors.get(place.split) ?? new PictureCollector(name)
      collectors.set(place.split, collector)
      collector.add(await decode(bytes, where), place, where)
    }
  } finally {
    // After an error the rest of the archive is not read. At its end there is nothing to cancel.
    await reader.cancel().catch(() => undefined)
    await feeding
  }
  const [train, test] = [collectors.get('train')?.finish(), collectors.get('test')?.finish()]
  if (train === undefined && test === undefined)
    throw new DataError({
      where: name,
      expected: 'PNG or JPEG files called NUMBER_LABEL.png, or in a folder for each class',
      got: entries === 0 ? 'nothing' : `${entries} other files and folders`,
      hint: 'check that it is the archive with the pictures',
    })
  return {
    ...(train === undefined ? {} : { train }),
    ...(test === undefined ? {} : { test }),
    ...(classes === undefined ? {} : { classes }),
  }
}

/**
 * Writes the source into the decoder.
 *
 * @returns the error of the source, if it has one. The decoder's own errors reach its reader
 */
async function feed(
  source: AsyncIterable<Uint8Array>,
  decoder: WritableStream<Uint8Array>,
): Promise<{ readonly error?: unknown }> {
  const writer = decoder.getWriter()
  const parts = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      let part: IteratorResult<Uint8Array>
      try {
        part = await parts.next()
      } catch (error) {
        await writer.abort(error).catch(() => undefined)
        return { error }
      }
      try {
        if (part.done === true) {
          await writer.close()
          return {}
        }
        await writer.write(part.value)
      } catch {
        return {}
      }
    }
  } finally {
    await parts.return?.()
  }
}

async function wholeBody(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return parts.length === 1 ? parts[0]! : joinBytes(parts)
    parts.push(value)
  }
}

function damaged(where: string, cause: unknown): DataError {
  return new DataError({
    where,
    what: `a damaged archive (${cause instanceof Error ? cause.message : String(cause)})`,
    hint: 'download or pack it again',
    cause,
  })
}

/** A file or a folder of an archive that is written. */
export interface TarMember {
  readonly name: string
  /** Absent for a folder. */
  readonly content?: Uint8Array
}

/** Writes an archive in parts. Its files have no times, so the same files give the same bytes. */
export async function* writeTar(members: AsyncIterable<TarMember>): AsyncGenerator<Uint8Array> {
  const { packTar } = await import('modern-tar')
  let batch: TarMember[] = []
  const packed = async () => {
    const bytes = await packTar(
      batch.map(({ name, content }) => ({
        header: {
          name,
          size: content?.length ?? 0,
          type: content === undefined ? ('directory' as const) : ('file' as const),
          mtime: new Date(0),
        },
        ...(content === undefined ? {} : { body: content as Uint8Array<ArrayBuffer> }),
      })),
    )
    batch = []
    // Each part ends as an archive does, with two empty blocks; only those of the last one count.
    return bytes.subarray(0, bytes.length - 1024)
  }
  for await (const member of members) {
    batch.push(member)
    if (batch.length === MEMBERS_AT_ONCE) yield await packed()
  }
  yield await packed()
  yield new Uint8Array(1024)
}

/** The files that are packed together. */
const MEMBERS_AT_ONCE = 256
