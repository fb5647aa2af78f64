// Bundles the service worker and serves its page on this machine.
//
//   npx -y pnpm@12 build && node examples/service-worker/serve.js [port]
//
// A service worker may not import modules while it runs, so everything becomes one file. On your
// own site, copy the three files that this program serves.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packagedMnist } from '@mnist-lab/data/node'
import { build } from 'vite'

const folder = fileURLToPath(new URL('.', import.meta.url))

const bundled = await build({
  configFile: false,
  logLevel: 'error',
  root: folder,
  build: {
    write: false,
    target: 'es2022',
    lib: { entry: 'service-worker.js', formats: ['iife'], name: 'mnistLab' },
    chunkSizeWarningLimit: 1024,
  },
})
const { output } = /** @type {import('vite').Rolldown.RolldownOutput[]} */ (bundled)[0]
const script = output[0].code

/**
 * @param {string} url
 * @param {import('node:http').ServerResponse} response
 */
async function serve(url, response) {
  const { pathname } = new URL(url, 'http://localhost')
  if (pathname === '/') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    return response.end(await readFile(join(folder, 'index.html')))
  }
  if (pathname === '/service-worker.js') {
    response.setHeader('Content-Type', 'text/javascript; charset=utf-8')
    return response.end(script)
  }
  const [, file] = /^\/mnist\/([a-z0-9-]+)$/.exec(pathname) ?? []
  const bytes =
    file === undefined
      ? undefined
      : await readFile(join(packagedMnist(), file)).catch(() => undefined)
  return bytes === undefined ? response.writeHead(404).end() : response.end(bytes)
}

const server = createServer((request, response) => void serve(request.url ?? '/', response))
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () => {
  console.log(`open http://127.0.0.1:${/** @type {any} */ (server.address()).port}/ in a browser`)
})
