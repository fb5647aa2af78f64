// The development server and `vite preview` as other sites see them.
import { request } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const options = { root: ROOT, logLevel: 'error' } as const

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(port: number, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = ''
      response
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
      .on('error', reject)
      .end()
  })
}

/** Asks for a WebSocket, and returns what comes until the server closes or accepts. */
function upgrade(port: number, headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(['GET / HTTP/1.1', ...headers, '', ''].join('\r\n'))
    })
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
      if (/^HTTP\/1\.1 (?:101|200) |\.\n/.test(answer)) socket.destroy()
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

const SERVERS = {
  'the development server': async () => {
    const server = await createServer({
      ...options,
      configFile: `${ROOT}vite.config.ts`,
      // The tests run no script of the page.
      optimizeDeps: { noDiscovery: true, include: [] },
      server: { host: '127.0.0.1', port: 0 },
    })
    await server.listen()
    return server
  },
  'vite preview': () =>
    preview({
      ...options,
      configFile: `${ROOT}vite.config.ts`,
      preview: { host: '127.0.0.1', port: 0 },
    }),
} as const

describe.each(Object.entries(SERVERS))('%s', (name, start) => {
  let server: Awaited<ReturnType<typeof start>>
  let port: number
  beforeAll(async () => {
    server = await start()
    port = (server.httpServer!.address() as AddressInfo).port
  })
  afterAll(() => server.close())

  test.each(['localhost', '127.0.0.1'])('answers %s', async (host) => {
    const { status, headers } = await ask(port, '/', { host: `${host}:${port}` })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; .*; frame-ancestors 'none'$/,
      ) as unknown,
    })
  })

  test.each([
    'evil.example',
    'evil.example:PORT',
    'localhost',
    'localhost:1',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
    '192.0.2.1:PORT',
    'evil.localhost:PORT',
  ])('refuses the host %s in one line', async (host) => {
    for (const path of ['/', '/index.html', '/no-such-file', '/@fs/etc/passwd']) {
      const { status, body } = await ask(port, path, { host: host.replace('PORT', String(port)) })
      expect(status).toBe(421)
      expect(body).toMatch(/^This server answers requests for 127\.0\.0\.1:\d+ only, .*\.\n$/)
    }
  })

  test.each(['http://evil.example', 'null', 'https://localhost:PORT', 'http://localhost:1'])(
    'refuses the origin %s in one line',
    async (origin) => {
      const { status, body } = await ask(port, '/', {
        host: `localhost:${port}`,
        origin: origin.replace('PORT', String(port)),
      })
      expect(status).toBe(403)
      expect(body).toMatch(/^This server answers its own pages only, .*\.\n$/)
    },
  )

  test('answers its own origin', async () => {
    const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` }
    expect((await ask(port, '/', own)).status).toBe(200)
  })

  test.each([
    '/../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/@fs/etc/hosts',
    '/@fs/%2e%2e/etc/hosts',
    '/%',
  ])('gives no file outside the site for %s', async (path) => {
    const { status, body } = await ask(port, path, { host: `localhost:${port}`, accept: '*/*' })
    expect(body).not.toMatch(/"devDependencies"|127\.0\.0\.1\s+localhost/)
    expect([200, 400, 403, 404]).toContain(status)
  })

  test('opens a WebSocket to its own page only', async () => {
    const asking = (host: string, origin: string) => [
      `Host: ${host.replace('PORT', String(port))}`,
      `Origin: ${origin.replace('PORT', String(port))}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      // Vite lets this protocol of its own pass without a token.
      'Sec-WebSocket-Protocol: vite-ping',
    ]
    // `vite preview` has none, and answers with the page.
    expect(await upgrade(port, asking('localhost:PORT', 'http://localhost:PORT'))).toMatch(
      name === 'vite preview' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 101 /,
    )
    expect(await upgrade(port, asking('evil.example:PORT', 'http://evil.example:PORT'))).toMatch(
      /^HTTP\/1\.1 421 [^]*This server answers requests for /,
    )
    expect(await upgrade(port, asking('localhost:PORT', 'http://evil.example'))).toMatch(
      /^HTTP\/1\.1 403 [^]*This server answers its own pages only/,
    )
  })
})
