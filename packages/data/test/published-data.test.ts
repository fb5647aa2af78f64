import { isInputError } from '@mnist-lab/core'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { writeIdx } from '../src/idx.js'
import { downloadFile } from '../src/node/download-file.js'
import { openData } from '../src/node/open-data.js'
import { findDataset } from '../src/node/published-data.js'
import { PUBLISHED_DATASETS } from '../src/published-datasets.js'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let server: Server
let origin: string
let requests: string[]
let answer: Answer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-data-'))
  requests = []
  server = createServer((request, response) => {
    requests.push(`${request.url} ${request.headers.range ?? ''}`.trim())
    answer(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await rm(folder, { recursive: true })
  vi.unstubAllEnvs()
})

const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 31) % 251))
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')
const download = (urls = [`${origin}/a.gz`], signal?: AbortSignal) =>
  downloadFile({ urls, folder, file: 'a.gz', md5: md5(CONTENT) }, { signal })
const kept = async () => (await readdir(folder)).sort()

/** Answers as a server does that can send parts of a file. */
const ranged =
  (content: Uint8Array = CONTENT): Answer =>
  (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= content.length && from > 0)
      return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    const headers = { 'content-length': content.length - from }
    if (from === 0) response.writeHead(200, headers)
    else
      response.writeHead(206, {
        ...headers,
        'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
      })
    response.end(content.subarray(from))
  }

/** Sends half of what is missing and breaks off. */
const breaking =
  (next: Answer): Answer =>
  (_request, response) => {
    answer = next
    response.writeHead(200, { 'content-length': CONTENT.length })
    response.write(CONTENT.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 50))
  }

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (isInputError(error))
      return error.message.replaceAll(origin, 'ORIGIN').replaceAll(folder, 'FOLDER')
    throw error
  }
  throw new Error('it was found')
}

describe('a download', () => {
  test('is kept when its checksum is right, and reports what has come', async () => {
    answer = ranged()
    const seen: (number | undefined)[] = []
    await downloadFile(
      { urls: [`${origin}/a.gz`], folder, file: 'a.gz', md5: md5(CONTENT) },
      { onBytes: (done, total) => seen.push(done, total) },
    )
    expect(await readFile(join(folder, 'a.gz'))).toEqual(CONTENT)
    expect(seen.slice(-2)).toEqual([CONTENT.length, CONTENT.length])
    expect(await kept()).toEqual(['a.gz'])
  })

  test('goes on where the connection broke off', async () => {
    answer = breaking(ranged())
    await download()
    expect(await readFile(join(folder, 'a.gz'))).toEqual(CONTENT)
    expect(requests).toEqual(['/a.gz', '/a.gz bytes=50000-'])
  })

  test('begins again where the server cannot go on in the middle', async () => {
    answer = breaking((_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT)
    })
    await download()
    expect(await readFile(join(folder, 'a.gz'))).toEqual(CONTENT)
  })

  test('goes on after it was aborted, and is complete without another byte', async () => {
    const abort = new AbortController()
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length })
      response.write(CONTENT.subarray(0, 50_000), () => setTimeout(() => abort.abort(), 50))
    }
    await expect(download(undefined, abort.signal)).rejects.toThrow('aborted')
    expect(await kept()).toEqual(['a.gz.part'])
    answer = ranged()
    await download()
    expect(requests.at(-1)).toBe('/a.gz bytes=50000-')
    await writeFile(join(folder, 'a.gz.part'), CONTENT)
    await download()
    expect(requests.at(-1)).toBe(`/a.gz bytes=${CONTENT.length}-`)
    expect(await readFile(join(folder, 'a.gz'))).toEqual(CONTENT)
  })

  test('that was begun with other bytes begins again', async () => {
    await writeFile(join(folder, 'a.gz.part'), 'from another file')
    answer = ranged()
    await download()
    expect(requests).toEqual(['/a.gz bytes=17-', '/a.gz'])
    expect(await readFile(join(folder, 'a.gz'))).toEqual(CONTENT)
  })

  test('of another file is refused and not kept', async () => {
    answer = ranged(Buffer.from('another file'))
    expect(await refusal(download())).toBe(
      `a.gz: it could not be downloaded (ORIGIN/a.gz has another file, with the MD5 ${md5(Buffer.from('another file'))}), expected a file with the MD5 ${md5(CONTENT)}; try again, which goes on where it broke off, or download it from ORIGIN/a.gz by other means and put it into FOLDER`,
    )
    expect(await kept()).toEqual([])
  })

  test('tries the next server after a 404, once each', async () => {
    answer = (request, response) => {
      if (request.url === '/b.gz') ranged()(request, response)
      else response.writeHead(404).end()
    }
    await download([`${origin}/a.gz`, `${origin}/b.gz`])
    expect(requests).toEqual(['/a.gz', '/b.gz'])
    await rm(join(folder, 'a.gz'))
    expect(await refusal(download())).toContain('(ORIGIN/a.gz: the server answers 404), expected')
  })

  test('gives up when nothing comes any more, and names the reason', async () => {
    answer = (_request, response) => response.writeHead(503).end()
    expect(await refusal(download())).toContain('the server answers 503')
    expect(requests).toHaveLength(3)
    expect(await refusal(download(['http://127.0.0.1:1/a.gz']))).toMatch(
      /127\.0\.0\.1:1\/a\.gz: .+\), expected/,
    )
  })

  test('goes through the proxy that the environment names', async () => {
    answer = ranged()
    vi.stubEnv('http_proxy', origin)
    await download(['http://data.invalid/a.gz'])
    expect(requests).toEqual(['http://data.invalid/a.gz'])
  })
})

describe('a published dataset', () => {
  const idx = (shape: number[], ...values: number[]) =>
    writeIdx({ type: 'uint8', shape, data: Uint8Array.from(values) })
  const files = (prefix: string, test: string) => ({
    [`${prefix}train-images-idx3-ubyte`]: idx([2, 1, 2], 1, 2, 3, 4),
    [`${prefix}train-labels-idx1-ubyte`]: idx([2], 1, 2),
    [`${prefix}${test}-images-idx3-ubyte`]: idx([2, 1, 2], 5, 6, 7, 8),
    [`${prefix}${test}-labels-idx1-ubyte`]: idx([2], 2, 1),
  })

  test('is found where a package of the system has it, compressed in another way', async () => {
    const { files: real } = PUBLISHED_DATASETS['fashion-mnist']
    expect(real.every(({ unpackedMd5 }) => unpackedMd5 !== undefined)).toBe(true)
    const installed = join(folder, 'installed')
    await mkdir(installed)
    for (const { file } of real) await writeFile(join(installed, file), gzipSync('other'))
    answer = (_request, response) => response.writeHead(404).end()
    const options = { folder, installed: [installed], mirror: origin }
    expect(await refusal(findDataset('fashion-mnist', options))).toContain(
      'ORIGIN/fashion-mnist/train-images-idx3-ubyte.gz: the server answers 404',
    )
  })

  const isInstalled = existsSync('/usr/share/datasets/fashion-mnist')
  test.skipIf(!isInstalled && process.env['REQUIRE_FASHION_MNIST'] === undefined)(
    'of Debian is Fashion-MNIST, and needs no network',
    async () => {
      answer = (_request, response) => response.writeHead(404).end()
      const { path, classNames } = await findDataset('fashion-mnist', { folder, mirror: origin })
      const { train } = await openData(path!, { classNames })
      expect([requests, train.count, train.classNames[9]]).toEqual([[], 60_000, 'Ankle boot'])
    },
  )

  test('that is in the cache is not asked for again, unless a file is damaged', async () => {
    answer = (_request, response) => response.writeHead(404).end()
    const { files: real } = PUBLISHED_DATASETS.kmnist
    await mkdir(join(folder, 'kmnist'))
    for (const { file } of real) await writeFile(join(folder, 'kmnist', file), 'damaged')
    await refusal(findDataset('kmnist', { folder, mirror: origin }))
    expect(requests).toEqual(['/kmnist/train-images-idx3-ubyte.gz'])
  })

  test('of EMNIST is taken out of the archive of all of them', async () => {
    const members = Object.entries({
      ...files('emnist-letters-', 'test'),
      ...files('emnist-digits-', 'test'),
    }).map(([name, bytes]) => [`gzip/${name}.gz`, new Uint8Array(gzipSync(bytes))])
    const mapping = new TextEncoder().encode('1 65 97\n2 66 98\n')
    const archive = zipSync(
      { ...Object.fromEntries(members), 'gzip/emnist-letters-mapping.txt': mapping },
      { level: 6 },
    )
    const [file] = PUBLISHED_DATASETS['emnist-letters'].files
    const published = file as { md5: string }
    const { md5: real } = published
    published.md5 = md5(archive)
    onTestFinished(() => void (published.md5 = real))
    answer = ranged(archive)
    const { path } = await findDataset('emnist-letters', { folder, mirror: origin })
    expect((await readdir(path!)).sort()).toEqual([
      'emnist-letters-mapping.txt',
      'emnist-letters-test-images-idx3-ubyte.gz',
      'emnist-letters-test-labels-idx1-ubyte.gz',
      'emnist-letters-train-images-idx3-ubyte.gz',
      'emnist-letters-train-labels-idx1-ubyte.gz',
    ])
    const { train } = await openData(path!)
    expect([train.classNames, [...train.labels]]).toEqual([
      ['Aa', 'Bb'],
      [0, 1],
    ])
    expect(requests).toEqual(['/emnist/gzip.zip'])
    await findDataset('emnist-letters', { folder, mirror: origin })
    expect(requests).toHaveLength(1)
  })
})
