import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** A folder of a site whose files come from somewhere else than the site's sources. */
export interface SiteFiles {
  /** The folder's path within the site. */
  readonly folder: string
  readonly names: readonly string[]
  readonly read: (name: string) => Uint8Array
}

/** Adds files to a built site, and serves them from the development server. */
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

/** The beginning of the script that TensorFlow.js's threaded build gives to its threads as text. */
const THREAD_SCRIPT = 'function(WasmBackendModuleThreadedSimd) {'

/**
 * Prepares TensorFlow.js's wasm backend for a site: adds its .wasm files, and keeps the script of
 * its threads working when it is minified.
 */
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
          throw new Error(
            `${id}: expected "${THREAD_SCRIPT}" in it; this version of TensorFlow.js needs another patch`,
          )
        // The script tests whether a variable outside of it exists. A minifier removes the test,
        // and then threads do not start. With a variable of its own inside, the test is not needed.
        return { code: code.replace(THREAD_SCRIPT, `${THREAD_SCRIPT} var _scriptDir;`), map: null }
      },
    },
  ]
}

/** How zod creates its configuration. */
const ZOD_CONFIG = '__zod_globalConfig = {}'

/**
 * Keeps zod from trying out whether it may compile text. The Content-Security-Policy of our sites
 * forbids that, and the browser would report each try as an error.
 */
export function zodWithoutEval(): Plugin {
  return {
    name: 'zod-without-eval',
    transform(code, id) {
      if (!id.includes('/zod/v4/core/core.js')) return
      if (!code.includes(ZOD_CONFIG))
        throw new Error(
          `${id}: expected "${ZOD_CONFIG}" in it; this version of zod needs another patch`,
        )
      return { code: code.replace(ZOD_CONFIG, '__zod_globalConfig = { jitless: true }'), map: null }
    },
  }
}
