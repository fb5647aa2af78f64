import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { DataError, fetchMnist, type FileCache } from '../src/index.js'
import { packagedMnist } from '../src/node.js'

const files = new Map<string, Uint8Array<ArrayBuffer>>()
beforeAll(() => {
  for (const name of [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]) {
    files.set(
      `mnist/${name}.gz`,
      new Uint8Array(gzipSync(readFileSync(join(packagedMnist(), name)), { level: 1 })),
    )
  }
})

/** A server of these files, but for what `change` says. Counts its answers. */
function server(change: (url: string) => Response | undefined = () => undefined) {
  const asked: string[] = []
  const answer = async (input: RequestInfo | URL): Promise<Response> => {
    const url = input as string
    asked.push(url)
    const bytes = files.get(url)
    return (
      change(url) ??
      (bytes === undefined
        ? new Response(null, { status: 404 })
        : new Response(bytes, { headers: { 'content-length': String(bytes.length) } }))
    )
  }
  return { asked, fetch: answer as typeof fetch }
}

function memoryCache(): FileCache & { readonly kept: Map<string, Response> } {
  const kept = new Map<string, Response>()
  return {
    kept,
    match: async (url) => kept.get(url)?.clone(),
    put: async (url, response) => {
      kept.set(url, response)
    },
    delete: async (url) => kept.delete(url),
  }
}

const url = (file: string) => `mnist/${file}.gz`

describe('fetchMnist', () => {
  test('loads MNIST with progress, caches it, and then makes no more requests', async () => {
    const cache = memoryCache()
    const { asked, fetch } = server()
    const told: [number, number][] = []
    const { train, test: held } = await fetchMnist({
      url,
      cache,
      fetch,
      onProgress: (bytes, total) => told.push([bytes, total]),
    })
    expect([train.count, held.count, train.labels[0], held.labels[0]]).toEqual([
      60_000, 10_000, 5, 7,
    ])
    const size = [...files.values()].reduce((sum, { length }) => sum + length, 0)
    expect(told.at(-1)).toEqual([size, size])
    expect(told.every(([bytes], i) => i === 0 || bytes > told[i - 1]![0])).toBe(true)
    expect(cache.kept.size).toBe(4)
    expect((await fetchMnist({ url, cache, fetch })).train.count).toBe(60_000)
    expect(asked).toHaveLength(4)
  })

  test('fetches a damaged copy again', async () => {
    const cache = memoryCache()
    cache.kept.set(url('t10k-labels-idx1-ubyte'), new Response('no gzip'))
    const { asked, fetch } = server()
    await fetchMnist({ url, cache, fetch })
    expect(asked).toHaveLength(4)
    await fetchMnist({ url, cache, fetch })
    expect(asked).toHaveLength(4)
  })

  test.each<[string, (url: string) => Response | undefined, RegExp]>([
    [
      'a file that is not there',
      () => new Response(null, { status: 404 }),
      /^mnist\/.*: the server answers 404; check/,
    ],
    [
      'another file',
      (url) => (url.includes('t10k-labels') ? new Response('something') : undefined),
      /t10k-labels.*wrong contents, expected SHA-256 ff7b/,
    ],
    [
      'a connection that breaks off',
      (url) =>
        url.includes('train-images')
          ? new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('gone')) }))
          : undefined,
      /train-images.*the connection broke off/,
    ],
  ])(
    'says in one line what is wrong with %s, and keeps nothing of it',
    async (_what, change, message) => {
      const cache = memoryCache()
      const failing = fetchMnist({ url, cache, fetch: server(change).fetch })
      await expect(failing).rejects.toThrow(DataError)
      await expect(failing).rejects.toThrow(message)
      expect([...cache.kept.keys()].some((name) => change(name) !== undefined)).toBe(false)
    },
  )

  test('stops the download of a file that never ends', async () => {
    let sent = 0
    const pull = (stream: ReadableStreamDefaultController<Uint8Array>) => {
      sent += 10_000
      stream.enqueue(new Uint8Array(10_000))
    }
    const endless = (url: string) =>
      url.includes('t10k-labels') ? new Response(new ReadableStream({ pull })) : undefined
    await expect(fetchMnist({ url, fetch: server(endless).fetch })).rejects.toThrow(
      /t10k-labels.*too large for a file of MNIST, expected at most 75544 bytes, got more; check/,
    )
    expect(sent).toBeLessThan(100_000)
  })

  test('reports that the server cannot be reached', async () => {
    await expect(
      fetchMnist({
        url,
        fetch: async () => {
          throw new TypeError('Failed to fetch')
        },
      }),
    ).rejects.toThrow(/cannot be reached; check the connection/)
  })
})
