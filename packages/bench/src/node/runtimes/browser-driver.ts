import sirv from 'sirv'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, LaunchOptions } from 'playwright-core'
import { type BrowserName, ISOLATION, policyFor, refusalOf } from '@mnist-lab/core/node'

/**
 * Returns the flags that Chromium is started with beside Playwright's own. They keep it off the
 * network and offer WebGL and WebGPU on any adapter, or on the processor if there is none.
 * Chromium's sandbox does not work for root in a container.
 */
export const chromiumFlags = (): readonly string[] => [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** The options that each browser needs beside the common ones. */
const OPTIONS: Readonly<Record<BrowserName, () => LaunchOptions>> = {
  chromium: () => ({ args: [...chromiumFlags()] }),
  // A regular Firefox supports WebDriver BiDi, but not Playwright's own protocol.
  firefox: () => ({ channel: 'moz-firefox' }),
}

/**
 * Starts one of the system's browsers without a window. The caller closes it. Playwright is loaded
 * here, because it does not load in Node.js without WebAssembly.
 */
export async function launchBrowser(name: BrowserName, executablePath: string): Promise<Browser> {
  const playwright = await import('playwright-core')
  return playwright[name].launch({
    executablePath,
    headless: true,
    // The program handles Ctrl-C itself.
    handleSIGINT: false,
    ...OPTIONS[name](),
  })
}

/** A site that is being served. */
export interface Site {
  /** Its address, which ends in a slash. */
  readonly url: string
  readonly close: () => Promise<void>
}

/**
 * Serves folders to this machine only, until it is closed. Every file has a
 * Content-Security-Policy. Requests that other sites cause are refused, and so are the ones for
 * files outside the folders.
 *
 * @param folders the folders by the path that they are served under; `/` is the site itself
 * @param isolated whether the pages are cross-origin isolated
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
    const refused = refusalOf(request)
    if (refused !== undefined) {
      response.writeHead(refused.status, { 'Content-Type': 'text/plain; charset=utf-8' })
      return response.end(`${refused.reason}\n`)
    }
    response.setHeader('Content-Security-Policy', policyFor(request.url!))
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
