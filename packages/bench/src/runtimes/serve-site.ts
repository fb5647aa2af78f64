import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv from 'sirv'

export interface Site {
  /** Ends in a slash. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** What lets a page share memory between threads, and use the finest clock. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/**
 * Serves folders on this machine alone, for as long as a program runs.
 *
 * @param folders by their path, `/` the site itself
 * @param isolated whether pages become crossOriginIsolated
 */
export async function serveSite(
  folders: Readonly<Record<string, string>>,
  isolated = true,
): Promise<Site> {
  const handlers = Object.entries(folders).map(([path, folder]) => ({
    path,
    handle: sirv(folder, { etag: true }),
  }))
  const server = createServer((request, response) => {
    if (isolated)
      for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value)
    const found =
      handlers.find(({ path }) => path !== '/' && request.url?.startsWith(path)) ??
      handlers.find(({ path }) => path === '/')
    if (found === undefined) return notFound(response)
    if (found.path !== '/') request.url = request.url!.slice(found.path.length - 1)
    return found.handle(request as IncomingMessage & { url: string }, response, () =>
      notFound(response),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function notFound(response: ServerResponse): void {
  response.writeHead(404).end()
}
