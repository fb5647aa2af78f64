import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { UsageError } from '@mnist-lab/terminal'
import { compileBinding, libtensorflowIn } from './compile.js'
import { checkDownload, type Checksum } from '../setup/checksum.js'
import { ARCHIVE_VERSION, ARCHIVES } from './downloads.js'
import { runCommand } from '../setup/run-command.js'
import type { Stage } from '../setup/stage.js'
import type { Prepared } from './prepared.js'

const HOST = 'https://storage.googleapis.com/'
/** The time without an answer, in milliseconds, after which a host counts as unreachable. */
const CONNECT_TIMEOUT = 10_000
/** The most bytes of an archive; the published ones have about 100 MB. */
const MOST_BYTES = 1 << 29

/** An archive at an address. */
export interface RemoteArchive {
  readonly url: string
  readonly checksum: Checksum
}

/**
 * Compiles the addon against the release archive of TensorFlow's C library.
 *
 * tfjs-node's own compiled addon is not used, because its publisher states no checksum for it.
 *
 * @throws UsageError when there is no archive for this platform, the host cannot be reached, or the
 *   addon cannot be compiled
 * @throws ChecksumError when the archive is another one than the published one
 */
export async function fromArchive(
  stage: Stage,
  archive = archiveFor(
    process.platform,
    process.arch,
    process.env['TFJS_NODE_CDN_STORAGE'] ?? HOST,
  ),
): Promise<Prepared> {
  const { folder, signal } = stage
  if (archive === undefined) {
    throw new UsageError({
      where: 'release archive of TensorFlow',
      what: `there is none for ${process.platform} ${process.arch}`,
      hint: 'another method is tried',
    })
  }
  const target = join(folder, 'libtensorflow')
  await mkdir(target)
  const file = `${target}.tar.gz`
  await download(archive, file, stage)
  await runCommand('tar', ['-xzf', file, '-C', target], { signal, hint: 'install tar and gzip' })
  await rm(file)
  const found = libtensorflowIn(target)
  if (found === undefined)
    throw new UsageError({
      where: archive.url,
      what: 'the libraries and headers are missing',
      hint: 'another method is tried',
    })
  const built = await compileBinding(found, stage)
  await rm(found.include, { recursive: true })
  return { ...built, source: `the release archive libtensorflow ${ARCHIVE_VERSION}` }
}

/**
 * Returns the archive for a platform, or undefined when there is none.
 *
 * @param host the address of the storage or of a mirror. tfjs-node's install script calls it
 *   `TFJS_NODE_CDN_STORAGE` too
 */
export function archiveFor(
  platform: NodeJS.Platform,
  arch: string,
  host: string,
): RemoteArchive | undefined {
  const archive = ARCHIVES[`${platform}-${arch}`]
  if (archive === undefined) return undefined
  const base = host.endsWith('/') ? host : `${host}/`
  return { url: `${base}tensorflow/libtensorflow/${archive.file}`, checksum: archive.checksum }
}

/**
 * Downloads an archive and checks it.
 *
 * @throws UsageError when the host cannot be reached, refuses, or stops in the middle
 * @throws ChecksumError when the archive is another one
 */
export async function download(
  { url, checksum }: RemoteArchive,
  file: string,
  { signal, say }: Pick<Stage, 'signal' | 'say'>,
): Promise<void> {
  const { host } = addressOf(url)
  if (!('WebAssembly' in globalThis))
    throw new UsageError({
      where: host,
      what: 'fetch of Node.js needs WebAssembly, and this Node.js has none',
      hint: 'start Node.js without --jitless',
    })
  const connect = new AbortController()
  const timer = setTimeout(
    () => connect.abort(new Error(`no answer in ${CONNECT_TIMEOUT / 1000} s`)),
    CONNECT_TIMEOUT,
  )
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.any([signal, connect.signal]) })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new UsageError({
      where: host,
      what: `cannot be reached (${reasonOf(cause)})`,
      hint: 'another method is tried',
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new UsageError({
      where: url,
      what: `the host answers ${response.status}`,
      hint: 'another method is tried',
    })
  }
  const total = Number(response.headers.get('content-length') ?? Number.NaN)
  let done = 0
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length
      if (done > MOST_BYTES)
        return next(new Error(`the host sends more than ${MOST_BYTES / 2 ** 20} MiB`))
      say(
        `downloading ${host}: ${Math.round(done / 1e6)}${Number.isNaN(total) ? '' : ` of ${Math.round(total / 1e6)}`} MB`,
      )
      next(undefined, chunk)
    },
  })
  try {
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      count,
      createWriteStream(file),
      { signal },
    )
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new UsageError({
      where: url,
      what: `the download ended after ${done} bytes (${reasonOf(cause)})`,
      hint: 'another method is tried',
      cause,
    })
  }
  await checkDownload(file, url, checksum, signal)
}

function addressOf(url: string): URL {
  if (URL.canParse(url)) return new URL(url)
  throw new UsageError({
    where: 'TFJS_NODE_CDN_STORAGE',
    what: 'it is not the address of a host',
    expected: 'an address such as https://mirror.example/',
    got: url,
    hint: 'correct or unset the variable',
  })
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}
