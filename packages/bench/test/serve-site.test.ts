// The benchmark's own server, asked as a browser would not: with bytes written out.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveSite, type Site } from '../src/node/runtimes/browser-driver.js'

let folder: string
let site: Site
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-site-'))
  await mkdir(join(folder, 'site'))
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'site', 'page.html'), '<p>the page</p>')
  await writeFile(join(folder, 'site', 'worker.js'), 'postMessage(1)')
  await writeFile(join(folder, 'data', 'images'), 'the images')
  await writeFile(join(folder, 'secret'), 'the secret')
  site = await serveSite({ '/': join(folder, 'site'), '/mnist/': join(folder, 'data') })
})
afterAll(async () => {
  await site.close()
  await rm(folder, { recursive: true })
})

/** Sends a request and returns the whole answer. */
function ask(path: string, headers: readonly string[], method = 'GET'): Promise<string> {
  const { port } = new URL(site.url)
  return new Promise((resolve, reject) => {
    let answer = ''
    const lines = [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', '']
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(lines.join('\r\n').replaceAll('PORT', port))
    })
    socket
      .setEncoding('utf8')
      .on('data', (text: string) => {
        answer += text
      })
      .on('close', () => resolve(answer))
      .on('error', reject)
  })
}

describe('a site that the benchmark serves', () => {
  test('has its files, each with the headers for threads and a policy', async () => {
    for (const host of ['127.0.0.1:PORT', 'localhost:PORT']) {
      const page = await ask('/page.html', [`Host: ${host}`])
      expect(page).toMatch(/^HTTP\/1\.1 200 [^]*<p>the page<\/p>$/)
      expect(page).toMatch(/cross-origin-embedder-policy: require-corp\r\n/i)
      expect(page).toMatch(
        /content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/i,
      )
      expect(await ask('/mnist/images', [`Host: ${host}`])).toMatch(/^HTTP\/1\.1 200 [^]*images$/)
      expect(await ask('/worker.js', [`Host: ${host}`])).toMatch(
        /content-security-policy: [^\r]*worker-src 'self' blob:/i,
      )
    }
  })

  test.each([
    [['Host: evil.example:PORT'], 421],
    [['Host: evil.example'], 421],
    [['Host: localhost'], 421],
    [['Host: localhost:1'], 421],
    [['Host: 192.0.2.1:PORT'], 421],
    [['Host: localhost:PORT', 'Origin: http://evil.example'], 403],
    [['Host: localhost:PORT', 'Origin: null'], 403],
    [['Host: evil.example:PORT', 'Connection: Upgrade', 'Upgrade: websocket'], 421],
  ] as const)('refuses %j with %d and one line', async (headers, status) => {
    for (const [method, path] of [
      ['GET', '/page.html'],
      ['GET', '/mnist/images'],
      ['GET', '/no-such-file'],
      ['POST', '/page.html'],
    ] as const)
      expect(await ask(path, headers, method)).toMatch(
        new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\nThis server answers [^\\n]+\\.\\n`),
      )
  })

  test.each([
    '/../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/%2e%2e%2fsecret',
    '/..%5csecret',
    '/mnist/../secret',
    '/mnist/../../secret',
    '/mnist/%2e%2e/secret',
    '/mnist/..%2fsecret',
    '/mnist//etc/hosts',
    '//etc/hosts',
    '/mnist/%00',
    '/%',
    'http://evil.example/secret',
    '*',
  ])('has no file for %s', async (path) => {
    const answer = await ask(path, ['Host: localhost:PORT'])
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /)
    expect(answer).not.toContain('the secret')
  })
})
