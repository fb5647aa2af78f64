import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { TFJS_NODE_VERSION } from '@mnist-lab/backends/node'
import { UsageError } from '@mnist-lab/terminal'
import { runCommand } from './run-command.js'
import type { Prepared, Stage } from './stage.js'

/** The TensorFlow that this version of tfjs-node was built against. */
const LIBTENSORFLOW = '2.9.1'
/** The newest version of Node-API that its addon was built for. */
const NAPI = 8
const HOST = 'https://storage.googleapis.com/'
/** The time without an answer, in milliseconds, after which a host counts as unreachable. */
const CONNECT_TIMEOUT = 10_000

/**
 * Downloads tfjs-node's prebuilt addon and libtensorflow from where its install script gets them.
 * `TFJS_NODE_CDN_STORAGE` names a mirror, as it does for that script.
 *
 * @throws UsageError when there is no binary for this platform, or the host cannot be reached
 */
export async function fromPrebuilt(stage: Stage): Promise<Prepared> {
  const urls = prebuiltUrls(
    process.platform,
    process.arch,
    process.env['TFJS_NODE_CDN_STORAGE'] ?? HOST,
  )
  if (urls === undefined) {
    throw new UsageError({
      where: 'prebuilt binary of tfjs-node',
      what: `there is none for ${process.platform} ${process.arch}`,
      hint: 'another method is tried',
    })
  }
  // The addon looks for its libraries in this layout.
  await fetchAndUnpack(urls.addon, join(stage.folder, 'lib'), stage)
  await fetchAndUnpack(urls.libtensorflow, join(stage.folder, 'deps'), stage)
  return {
    source: `prebuilt binary of tfjs-node, libtensorflow ${LIBTENSORFLOW}`,
    binding: `lib/napi-v${NAPI}/tfjs_binding.node`,
  }
}

/**
 * Returns the URLs that tfjs-node's install script uses, or undefined for a platform without a
 * binary that works.
 */
export function prebuiltUrls(
  platform: NodeJS.Platform,
  arch: string,
  host: string,
): { readonly addon: string; readonly libtensorflow: string } | undefined {
  const system = (
    { 'linux-x64': 'linux-x86_64', 'darwin-x64': 'darwin-x86_64' } as Partial<
      Record<string, string>
    >
  )[`${platform}-${arch}`]
  if (system === undefined) return undefined
  const base = host.endsWith('/') ? host : `${host}/`
  return {
    addon: `${base}tf-builds/pre-built-binary/napi-v${NAPI}/${TFJS_NODE_VERSION}/CPU-${platform}-${TFJS_NODE_VERSION}.tar.gz`,
    libtensorflow: `${base}tensorflow/libtensorflow/libtensorflow-cpu-${system}-${LIBTENSORFLOW}.tar.gz`,
  }
}

async function fetchAndUnpack(url: string, folder: string, { signal, say }: Stage): Promise<void> {
  await mkdir(folder, { recursive: true })
  const file = `${folder}.tar.gz`
  await download(url, file, { signal, say })
  await runCommand('tar', ['-xzf', file, '-C', folder], { signal, hint: 'install tar and gzip' })
  await rm(file)
}

/**
 * Downloads a file and checks it against the MD5 checksum that Google's storage sends with it.
 *
 * @throws UsageError when the host cannot be reached or refuses, or the checksum is wrong
 */
export async function download(
  url: string,
  file: string,
  { signal, say }: Pick<Stage, 'signal' | 'say'>,
): Promise<void> {
  const { host } = new URL(url)
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
      say(
        `downloading ${host}: ${Math.round(done / 1e6)}${Number.isNaN(total) ? '' : ` of ${Math.round(total / 1e6)}`} MB`,
      )
      next(undefined, chunk)
    },
  })
  await pipeline(
    Readable.fromWeb(response.body as ReadableStream),
    count,
    createWriteStream(file),
    { signal },
  )
  const announced = /md5=([^,\s]+)/.exec(response.headers.get('x-goog-hash') ?? '')?.[1]
  if (announced === undefined) return
  const hash = createHash('md5')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  const got = hash.digest('base64')
  if (got !== announced)
    throw new UsageError({
      where: url,
      what: 'the download is damaged',
      expected: `MD5 ${announced}`,
      got,
      hint: 'try again',
    })
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}
