import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ISOLATION, PAGE_POLICY, policyFor, refusalOf } from '@mnist-lab/core/node'
import type { Connect, Plugin, PreviewServer, ViteDevServer } from 'vite'

/**
 * Sends the headers for threads and a Content-Security-Policy with every file, writes the policy
 * into the built page too, and refuses requests that other sites cause.
 */
export function safeServers(): Plugin {
  let dev = false
  return {
    name: 'safe-servers',
    configResolved({ command }) {
      dev = command === 'serve'
    },
    configureServer: (server) => guard(server, (url) => withViteStyles(policyFor(url))),
    configurePreviewServer: (server) => guard(server, policyFor),
    transformIndexHtml: {
      order: 'pre',
      // A static host may send no headers. In development the header is enough.
      handler: () =>
        dev
          ? []
          : [
              {
                tag: 'meta',
                attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY },
                injectTo: 'head-prepend',
              },
            ],
    },
  }
}

/** Vite's development server adds style sheets to the page with a script. */
function withViteStyles(policy: string): string {
  return policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
}

function guard(
  { middlewares, httpServer }: ViteDevServer | PreviewServer,
  policy: (url: string) => string,
): void {
  const handle: Connect.NextHandleFunction = (request, response, next) => {
    const refused = refusalOf(request)
    if (refused === undefined) {
      for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value)
      response.setHeader('Content-Security-Policy', policy(request.url!))
      return next()
    }
    response.writeHead(refused.status, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(`${refused.reason}\n`)
  }
  // Before Vite's own checks, which allow every IP address.
  middlewares.stack.unshift({ route: '', handle })
  // `vite preview` has no WebSockets, and handles a request for one like any other.
  if ((httpServer?.listenerCount('upgrade') ?? 0) > 0)
    httpServer!.prependListener('upgrade', (request: IncomingMessage, socket: Duplex) => {
      const refused = refusalOf(request)
      if (refused === undefined) return
      // Vite closes a socket that can no longer be written to.
      socket.end(
        `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\nConnection: close\r\n\r\n${refused.reason}\n`,
      )
    })
}
