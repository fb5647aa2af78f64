import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { PAGE_POLICY, policyFor, refusalOf } from '../src/node.js'

/** Returns why a server at `at`, an address and a port, refuses a request with these headers. */
function refused(at: readonly [string, number], headers: IncomingMessage['headers']) {
  const [localAddress, localPort] = at
  return refusalOf({
    headers,
    socket: { localAddress, localPort } as IncomingMessage['socket'],
  })?.status
}

const LOCAL = ['127.0.0.1', 4173] as const

describe('a request to a local server', () => {
  test.each([
    [LOCAL, '127.0.0.1:4173'],
    [LOCAL, 'localhost:4173'],
    [LOCAL, 'LOCALHOST:4173'],
    [['::1', 4173], '[::1]:4173'],
    [['::1', 4173], 'localhost:4173'],
    [['::ffff:127.0.0.1', 4173], '127.0.0.1:4173'],
    [['127.0.0.1', 80], 'localhost'],
    // A server that the user has opened to the network.
    [['192.0.2.7', 4173], '192.0.2.7:4173'],
  ] as const)('at %j for the host %s is answered', (at, host) => {
    expect(refused(at, { host })).toBeUndefined()
    expect(refused(at, { host, origin: `http://${host}` })).toBeUndefined()
  })

  test.each([
    [LOCAL, undefined],
    [LOCAL, ''],
    [LOCAL, 'localhost'],
    [LOCAL, 'localhost:4174'],
    [LOCAL, 'localhost:41730'],
    [LOCAL, 'localhost.:4173'],
    [LOCAL, 'evil.example:4173'],
    [LOCAL, '127.0.0.1:4173.evil.example'],
    [LOCAL, '127.0.0.1:4173@evil.example'],
    [LOCAL, '0.0.0.0:4173'],
    [LOCAL, '127.0.0.2:4173'],
    [LOCAL, '2130706433:4173'],
    [LOCAL, '[::1]:4173'],
    [['192.0.2.7', 4173], 'localhost:4173'],
    [['192.0.2.7', 4173], 'evil.example:4173'],
  ] as const)('at %j for the host %j is refused', (at, host) => {
    expect(refused(at, host === undefined ? {} : { host })).toBe(421)
  })

  test.each([
    'null',
    'http://evil.example',
    'http://localhost',
    'http://localhost:1',
    'https://localhost:4173',
    'http://localhost:4173.evil.example',
    'http://evil.example/http://localhost:4173',
  ])('from the origin %s is refused', (origin) => {
    expect(refused(LOCAL, { host: 'localhost:4173', origin })).toBe(403)
  })

  test('is refused in one harmless line', () => {
    const socket = { localAddress: '127.0.0.1', localPort: 1 } as IncomingMessage['socket']
    expect(refusalOf({ headers: { host: 'a\u202e"b' }, socket })?.reason).toBe(
      'This server answers requests for 127.0.0.1:1 only, and the header Host is "a\\u{202e}\\"b".',
    )
  })
})

describe('the policy of a file', () => {
  test('of a page is the one that stands in the page, and forbids frames', () => {
    for (const path of ['/', '/index.html', '/page.html?a=b.js', '/any/other'])
      expect(policyFor(path)).toBe(`${PAGE_POLICY}; frame-ancestors 'none'`)
    expect(PAGE_POLICY).not.toMatch(/unsafe-inline|'unsafe-eval|blob:|data:|\*|http/)
  })

  test('of a script allows what threads need, and nothing from elsewhere', () => {
    for (const path of ['/assets/worker-abc.js', '/src/worker.ts?type=module', '/a.mjs']) {
      expect(policyFor(path)).toContain("worker-src 'self' blob:")
      expect(policyFor(path)).not.toMatch(/unsafe-inline|'unsafe-eval'|data:|\*|http/)
    }
  })
})
