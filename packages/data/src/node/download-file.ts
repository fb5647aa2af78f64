// Downloads a file into a folder, goes on where an earlier download broke off, and checks it.
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { codeOf, fileError, hashOfFile } from '@mnist-lab/core/node'
import { DataError } from '../data-error.js'

/** The most bytes of a file that is downloaded. EMNIST has 560 MB. */
const MAX_DOWNLOAD_BYTES = 2 ** 30
/** The longest time without a byte, in milliseconds. */
const STALLED = 60_000
/** How often a download goes on after a break at the same place, and the time between. */
const ATTEMPTS = 3
const PAUSE = 500

/** A file to download. */
export interface Download {
  /** The addresses that have it, in the order in which they are tried. */
  readonly urls: readonly string[]
  readonly folder: string
  readonly file: string
  readonly md5: string
}

/** How a download reports and ends. */
export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  /** Receives how many bytes of the file have come. `total` is undefined while it is unknown. */
  readonly onBytes?: ((done: number, total: number | undefined) => void) | undefined
}

/** The error of a server or a connection. Another attempt or another server may succeed. */
class Broken extends Error {}

/**
 * Downloads a file. What has come is kept as `FILE.part` when the connection breaks, also by an
 * abort, and the next call goes on from there if the server can.
 *
 * @throws DataError when no server has the file, or it is another one than was published
 * @throws the signal's reason when aborted
 */
export async function downloadFile(download: Download, options: DownloadOptions): Promise<void> {
  const { urls, folder, file, md5 } = download
  const part = join(folder, `${file}.part`)
  const problems: string[] = []
  for (const url of urls) {
    const before = await sizeOf(part)
    try {
      await downloadFrom(url, part, options)
      let got = await md5Of(part, options.signal)
      if (got !== md5 && before > 0) {
        // The beginning may have come from another server, or from another version of the file.
        await rm(part, { force: true })
        await downloadFrom(url, part, options)
        got = await md5Of(part, options.signal)
      }
      if (got === md5) {
        await rename(part, join(folder, file))
        return
      }
      await rm(part, { force: true })
      problems.push(`${url} has another file, with the MD5 ${got}`)
    } catch (cause) {
      options.signal?.throwIfAborted()
      if (!(cause instanceof Broken))
        throw codeOf(cause) === undefined ? cause : fileError(part, cause)
      problems.push(`${url}: ${cause.message}`)
    }
  }
  throw new DataError({
    where: file,
    what: `it could not be downloaded (${problems.join('; ')})`,
    expected: `a file with the MD5 ${md5}`,
    hint: `try again, which goes on where it broke off, or download it from ${urls[0]} by other means and put it into ${folder}`,
  })
}

/** Downloads until the end of the file, and goes on after breaks as long as bytes come. */
async function downloadFrom(url: string, part: string, options: DownloadOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const before = await sizeOf(part)
    try {
      await transfer(url, part, before, options)
      return
    } catch (cause) {
      options.signal?.throwIfAborted()
      if (!(cause instanceof Broken) || cause.cause === 'final') throw cause
      if ((await sizeOf(part)) > before) attempt = 0
      if (attempt >= ATTEMPTS) throw cause
      await setTimeout(PAUSE, undefined, { signal: options.signal }).catch(() => undefined)
    }
  }
}

/** Makes one request for what is missing, and appends what comes. */
async function transfer(
  url: string,
  part: string,
  from: number,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const stalled = new AbortController()
  const timer = globalThis.setTimeout(() => stalled.abort(), STALLED)
  const request = await fetcher()
  try {
    const response = await request(url, {
      signal: AbortSignal.any([stalled.signal, ...(signal === undefined ? [] : [signal])]),
      headers: {
        'accept-encoding': 'identity',
        ...(from === 0 ? {} : { range: `bytes=${from}-` }),
      },
    })
    const { status, body, headers } = response
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '')
    // There is nothing behind the end of a file that is complete.
    const end = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
    if (status === 416 && Number(end) === from) return await body?.cancel()
    if (status === 416) await rm(part, { force: true })
    const isRest = status === 206 && Number(range?.[1]) === from
    if (body === null || (status !== 200 && !isRest)) {
      await body?.cancel()
      const isFinal = status >= 400 && status < 500 && status !== 416 && status !== 429
      throw new Broken(`the server answers ${status}`, isFinal ? { cause: 'final' } : {})
    }
    // A server that sends the file from its beginning cannot go on in the middle.
    let done = isRest ? from : 0
    const length = Number(headers.get('content-length') ?? Number.NaN)
    const total = Number.isNaN(length) ? undefined : done + length
    const file = await open(part, isRest ? 'a' : 'w')
    try {
      for await (const bytes of body as AsyncIterable<Uint8Array>) {
        timer.refresh()
        done += bytes.length
        if (done > MAX_DOWNLOAD_BYTES)
          throw new Broken(`it sends more than ${MAX_DOWNLOAD_BYTES} bytes`, { cause: 'final' })
        await file.writeFile(bytes)
        onBytes?.(done, total)
      }
    } finally {
      await file.close()
    }
    if (total !== undefined && done < total)
      throw new Broken(`it ends after ${done} of ${total} bytes`)
  } catch (cause) {
    if (cause instanceof Broken || signal?.aborted === true) throw cause
    if (isFromDisk(cause)) throw cause
    if (stalled.signal.aborted) throw new Broken(`no byte came for ${STALLED / 1000} s`, { cause })
    throw new Broken(reasonOf(cause))
  } finally {
    clearTimeout(timer)
  }
}

/** Returns whether the file system refused something, and not a connection. */
function isFromDisk(error: unknown): boolean {
  return /^(?:ENOSPC|EDQUOT|EFBIG|EACCES|EPERM|EROFS|EIO|ENOENT|EISDIR)$/.test(codeOf(error) ?? '')
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? (codeOf(cause) ?? cause.message) : message
}

/** The variables that name proxies. Those with small letters are older. */
const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

/** Returns `fetch`, through the proxies that the environment names. */
async function fetcher(): Promise<typeof globalThis.fetch> {
  if (!('WebAssembly' in globalThis))
    throw new DataError({
      where: 'download',
      what: 'fetch of Node.js needs WebAssembly, and this Node.js has none',
      hint: 'start Node.js without --jitless',
    })
  if (!PROXIES.some((name) => process.env[name])) return globalThis.fetch
  // Node.js heeds these variables by itself only from version 24 on, with NODE_USE_ENV_PROXY=1.
  // Many proxies refuse a tunnel to an address that is not https; those that are have one anyway.
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({ proxyTunnel: false })
  const request = (url: string, init: RequestInit) =>
    fetch(url, { ...init, dispatcher } as Parameters<typeof fetch>[1])
  return request as unknown as typeof globalThis.fetch
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return 0
    throw fileError(path, cause)
  }
}

/** Returns the MD5 of a file in hexadecimal digits. */
export function md5Of(path: string, signal?: AbortSignal): Promise<string> {
  return hashOfFile(path, { algorithm: 'md5', encoding: 'hex' }, signal)
}
