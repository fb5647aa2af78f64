import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** Headers that let a page share memory between threads, and use the finest clock. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** A folder of the site, made from elsewhere. */
export interface SiteFiles {
  /** Within the site. */
  readonly folder: string
  readonly names: readonly string[]
  readonly read: (name: string) => Uint8Array
}

/** Puts files into a built site, and serves them while it is developed. */
export function siteFiles({ folder, names, read }: SiteFiles): Plugin {
  return {
    name: `site-files:${folder}`,
    generateBundle() {
      for (const name of names)
        this.emitFile({ type: 'asset', fileName: `${folder}/${name}`, source: read(name) })
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = names.find((name) =>
          request.url?.split('?')[0]?.endsWith(`/${folder}/${name}`),
        )
        if (name === undefined) return next()
        if (name.endsWith('.wasm')) response.setHeader('content-type', 'application/wasm')
        response.end(read(name))
      })
    },
  }
}

/** Where the script of the threaded build begins that TensorFlow.js hands to its threads as text. */
const THREAD_SCRIPT = 'function(WasmBackendModuleThreadedSimd) {'

/** What TensorFlow.js's wasm backend needs of a bundler: its .wasm files at an address, and the script of its threads in one piece. */
export function tfjsWasm(): Plugin[] {
  const from = createRequire(
    fileURLToPath(new URL('packages/backends/package.json', import.meta.url)),
  )
  const directory = dirname(from.resolve('@tensorflow/tfjs-backend-wasm'))
  return [
    siteFiles({
      folder: 'tfjs-wasm',
      names: readdirSync(directory).filter((name) => name.endsWith('.wasm')),
      read: (name) => readFileSync(join(directory, name)),
    }),
    {
      name: 'tfjs-wasm-threads',
      transform(code, id) {
        if (!id.includes('tfjs-backend-wasm-threaded-simd.js')) return
        if (!code.includes(THREAD_SCRIPT))
          throw new Error(`${id}: where does the script of its threads begin?`)
        // It asks whether a variable around it is there; minified, it takes for granted that it is, and threads do not start.
        return { code: code.replace(THREAD_SCRIPT, `${THREAD_SCRIPT} var _scriptDir;`), map: null }
      },
    },
  ]
}
