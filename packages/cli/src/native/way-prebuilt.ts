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

/** The TensorFlow that tfjs-node 4.22.0 was built against. */
const LIBTENSORFLOW = '2.9.1'
/** The newest Node-API that it was built for. */
const NAPI = 8
const HOST = 'https://storage.googleapis.com/'
/** Milliseconds without an answer before a host counts as out of reach. */
const PATIENCE = 10_000

/**
 * tfjs-node's own addon and libtensorflow, as its install script would fetch them; `TFJS_NODE_CDN_STORAGE` names a mirror, as it does
 * for that script.
 *
 * @throws UsageError when there is none for this platform, or the host is out of reach
 */
export async function fromPrebuilt(stage: Stage): Promise<Prepared> {
  const urls = prebuiltUrls(
    process.platform,
    process.arch,
    process.env['TFJS_NODE_CDN_STORAGE'] ?? HOST,
  )
  if (urls === undefined) {
    throw new UsageError({
      where: 'tfjs-node’s own binary',
      what: `there is none for ${process.platform} ${process.arch}`,
      hint: 'another way is tried',
    })
  }
  // The layout that the addon's own search path expects.
  await fetchAndUnpack(urls.addon, join(stage.folder, 'lib'), stage)
  await fetchAndUnpack(urls.libtensorflow, join(stage.folder, 'deps'), stage)
  return {
    source: `tfjs-node’s own binary, libtensorflow ${LIBTENSORFLOW}`,
    binding: `lib/napi-v${NAPI}/tfjs_binding.node`,
  }
}

/** Where tfjs-node's install script looks; undefined where it has nothing, or nothing that its addon would find. */
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
 * Downloads a file, and checks it against the MD5 that Google's storage sends along.
 *
 * @throws UsageError when the host is out of reach, refuses, or the bytes are not those that it announced
 */
export async function download(
  url: string,
  file: string,
  { signal, say }: Pick<Stage, 'signal' | 'say'>,
): Promise<void> {
  const { host } = new URL(url)
  const connect = new AbortController()
  const timer = setTimeout(
    () => connect.abort(new Error(`no answer in ${PATIENCE / 1000} s`)),
    PATIENCE,
  )
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.any([signal, connect.signal]) })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new UsageError({
      where: host,
      what: `out of reach (${reasonOf(cause)})`,
      hint: 'another way is tried',
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
      hint: 'another way is tried',
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
      what: 'damaged on its way',
      expected: `MD5 ${announced}`,
      got,
      hint: 'try again',
    })
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}
