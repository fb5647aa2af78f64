import { DataError } from './data-error.js'
import { isGzip, readIdx, type IdxArray } from './idx.js'

/**
 * Reads an IDX file as downloaded, plain or gzip; its first bytes tell which.
 *
 * @throws DataError as {@link readIdx}, or when the gzip stream is corrupt
 */
export async function readIdxFile(bytes: Uint8Array, name: string): Promise<IdxArray> {
  return readIdx(await decompressed(bytes, name), name)
}

/**
 * The bytes themselves, or what they hold when they are gzip.
 *
 * @throws DataError when the gzip stream is corrupt or truncated
 */
export async function decompressed(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch (cause) {
    throw new DataError({
      where: name,
      what: `corrupt gzip (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: 'the file is damaged or truncated, download it again',
      cause,
    })
  }
}
