import { joinBytes } from '@mnist-lab/core'
import { DataError } from './data-error.js'
import type { Dataset } from './dataset.js'
import { decompressed, readIdx, type IdxArray } from './idx.js'
import { type MnistFile, readMnist, verifySha256 } from './mnist-files.js'

/** The methods of the Cache API's `Cache` that are used. */
export interface FileCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
  delete(url: string): Promise<boolean>
}

/** Where {@link fetchMnist} finds the files, and how it reports its progress. */
export interface FetchMnistOptions {
  /**
   * Returns a file's address from its published name.
   *
   * @param file e.g. `train-images-idx3-ubyte`
   */
  readonly url: (file: string) => string
  /**
   * Where files are kept once their checksum is right: `caches.open(…)` in a browser.
   *
   * @default nothing is kept
   */
  readonly cache?: FileCache
  /**
   * Called whenever bytes arrive, with the sums over all four files. `total` is 0 while the server
   * does not state a length.
   */
  readonly onProgress?: (bytes: number, total: number) => void
  readonly signal?: AbortSignal
  /** @default the global one */
  readonly fetch?: typeof globalThis.fetch
}

/**
 * Loads MNIST from a web server, raw or gzip, and verifies its checksums: 60,000 training and
 * 10,000 test images of 28×28. A copy in the cache that turns out to be damaged is fetched again.
 *
 * @throws DataError when a file is missing, damaged or not MNIST's, or the server cannot be reached
 */
export async function fetchMnist(
  options: FetchMnistOptions,
): Promise<{ train: Dataset; test: Dataset }> {
  const progress = new Progress(options.onProgress)
  return readMnist('mnist', (file) => loadIdx(file, options, progress))
}

/**
 * The most bytes that gzip adds to a file of MNIST. It adds 5 for each 64 KiB that it cannot
 * compress, and a header with the file's name.
 */
const MAX_GZIP_BYTES = 2 ** 16

async function loadIdx(
  { file, bytes: size, sha256 }: MnistFile,
  options: FetchMnistOptions,
  progress: Progress,
): Promise<IdxArray> {
  const { cache, signal } = options
  const url = options.url(file)
  const most = size + MAX_GZIP_BYTES
  const kept = await cache?.match(url)
  if (kept !== undefined) {
    try {
      const bytes = await decompressed(await bytesOf(kept, { url, most }), url)
      await verifySha256(bytes, sha256, url)
      return readIdx(bytes, url)
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      await cache!.delete(url)
    }
  }
  const received = await download({ url, most }, options, progress)
  signal?.throwIfAborted()
  const bytes = await decompressed(received, url)
  await verifySha256(bytes, sha256, url)
  await cache?.put(url, new Response(received))
  return readIdx(bytes, url)
}

/** A file on a server, and the most bytes that it may have. */
interface Source {
  readonly url: string
  readonly most: number
}

async function download(
  source: Source,
  { fetch = globalThis.fetch, signal }: FetchMnistOptions,
  progress: Progress,
): Promise<Uint8Array<ArrayBuffer>> {
  const { url } = source
  let response: Response
  try {
    response = await fetch(url, signal === undefined ? {} : { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new DataError({
      where: url,
      what: 'cannot be reached',
      hint: 'check the connection and load the data again',
      cause,
    })
  }
  if (!response.ok || response.body === null) {
    throw new DataError({
      where: url,
      what: `the server answers ${response.status}`,
      hint: 'check that the site has its data folder',
    })
  }
  // The length of a compressed transfer is less than what arrives; `Progress.add` takes that into
  // account.
  progress.expect(Number(response.headers.get('content-length') ?? 0))
  try {
    return await bytesOf(response, source, (bytes) => progress.add(bytes))
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof DataError) throw cause
    throw new DataError({
      where: url,
      what: 'the connection broke off',
      hint: 'load the data again',
      cause,
    })
  }
}

/**
 * Reads a response whole.
 *
 * @param onBytes called whenever bytes arrive, with their number
 * @throws DataError as soon as there are more bytes than `most`
 */
async function bytesOf(
  response: Response,
  { url, most }: Source,
  onBytes: (bytes: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  if (response.body === null) return new Uint8Array()
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      // A connection that breaks off here makes no difference.
      reader.cancel().catch(() => undefined)
      throw new DataError({
        where: url,
        what: 'it is too large for a file of MNIST',
        expected: `at most ${most} bytes`,
        got: 'more',
        hint: 'check that the site has its data folder',
      })
    }
    parts.push(value)
    onBytes(value.length)
  }
  return joinBytes(parts)
}

/** Counts the bytes of several downloads together. */
class Progress {
  readonly #onProgress: FetchMnistOptions['onProgress']
  #bytes = 0
  #total = 0

  constructor(onProgress: FetchMnistOptions['onProgress']) {
    this.#onProgress = onProgress
  }

  expect(bytes: number): void {
    this.#total += bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#onProgress?.(this.#bytes, this.#total === 0 ? 0 : Math.max(this.#bytes, this.#total))
  }
}
