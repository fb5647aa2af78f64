// What every server of this project does that runs on the user's machine: it answers only requests
// that are meant for it, and its pages run only the scripts that it serves.
import type { IncomingMessage } from 'node:http'
import { printable } from '../safe-text.js'

/**
 * The headers with which a page can share memory between threads and gets the most precise clock.
 */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const

/**
 * The Content-Security-Policy of a page. The page loads only what its own host serves, and runs no
 * script that stands in the page itself. WebAssembly may be compiled.
 */
export const PAGE_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'connect-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
})

/**
 * The Content-Security-Policy of a script, which browsers apply when it runs as a worker.
 * TensorFlow.js starts the threads of its wasm backend from a script in memory, a `blob:`.
 */
const WORKER_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval' blob:",
  'worker-src': "'self' blob:",
  'connect-src': "'self'",
})

function policy(directives: Readonly<Record<string, string>>): string {
  return Object.entries(directives)
    .map((directive) => directive.join(' '))
    .join('; ')
}

const SCRIPT = /\.[cm]?[jt]sx?$/

/**
 * Returns the Content-Security-Policy to send with a file of a site.
 *
 * @param url the path that is requested, with or without a query
 */
export function policyFor(url: string): string {
  // A policy in the page itself cannot forbid other pages to show it in a frame.
  return SCRIPT.test(url.split('?')[0]!) ? WORKER_POLICY : `${PAGE_POLICY}; frame-ancestors 'none'`
}

/** The answer to a request that a server refuses. */
export interface Refusal {
  readonly status: 403 | 421
  /** The reason, in one line. */
  readonly reason: string
}

/**
 * Returns why a server on this machine refuses a request, or undefined when the request is meant
 * for it.
 *
 * A page of another site can make its own name point to this machine, and then reads what the
 * server answers (DNS rebinding). The header `Host` still has that name. It must be the address and
 * port that the request came in on, or `localhost`. So must the header `Origin`, where there is
 * one: a page of another site sends it with a WebSocket, and with everything that changes state.
 */
export function refusalOf({
  headers,
  socket,
}: Pick<IncomingMessage, 'headers' | 'socket'>): Refusal | undefined {
  const own = ownHosts(socket.localAddress ?? '', socket.localPort ?? 0)
  const { host, origin } = headers
  if (host === undefined || !own.includes(host.toLowerCase()))
    return {
      status: 421,
      reason: printable(
        `This server answers requests for ${own[0]} only, and the header Host is ${host === undefined ? 'missing' : JSON.stringify(host)}.`,
      ),
    }
  if (origin !== undefined && !own.includes(origin.toLowerCase().replace(/^http:\/\//, '')))
    return {
      status: 403,
      reason: printable(
        `This server answers its own pages only, and the header Origin is ${JSON.stringify(origin)}.`,
      ),
    }
  return undefined
}

/** Returns the values of `Host` that mean the address and port of a server. */
function ownHosts(localAddress: string, port: number): readonly string[] {
  const address = localAddress.replace(/^::ffff:/, '')
  const names = [
    address.includes(':') ? `[${address}]` : address,
    ...(address === '::1' || address.startsWith('127.') ? ['localhost'] : []),
  ]
  // Browsers leave out the port of the protocol.
  return names.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])])
}
