import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MNIST_FILES } from '@mnist-lab/data'
import { packagedMnist } from '@mnist-lab/data/node'
import { defineConfig, type Plugin } from 'vite'
import { siteFiles, tfjsWasm, zodWithoutEval } from '../../vite.shared.ts'
import { safeServers } from './vite.servers.ts'

/** The four IDX files, compressed with gzip as they are published. */
const mnist = siteFiles({
  folder: 'mnist',
  names: Object.values(MNIST_FILES).map(({ file }) => `${file}.gz`),
  read: (name) => gzipSync(readFileSync(join(packagedMnist(), name.slice(0, -'.gz'.length)))),
})

/**
 * The files that the service worker stores when they are first used: TensorFlow.js is large, and
 * not every user compares backends.
 */
const STORED_ON_USE = /^mnist\/|tfjs-|\/bench-|\.map$|build-manifest/

/**
 * Adds `service-worker.js` to the site: src/service-worker.js with the list of the site's files and
 * a version that changes with them. Workbox does this too, but brings 300 packages.
 */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const source = readFileSync(new URL('src/service-worker.js', import.meta.url), 'utf8')
        const files = [
          './',
          'icon.svg',
          'manifest.webmanifest',
          ...Object.keys(bundle).filter(
            (name) => !STORED_ON_USE.test(name) && name !== 'index.html',
          ),
        ]
        const hash = createHash('sha256')
        for (const part of Object.values(bundle))
          hash.update(part.type === 'chunk' ? part.code : part.source)
        const version = hash.digest('hex').slice(0, 12)
        this.emitFile({
          type: 'asset',
          fileName: 'service-worker.js',
          source: source
            .replace("'VERSION'", `'${version}'`)
            .replace("['FILES']", JSON.stringify(files.toSorted())),
        })
      },
    },
  }
}

export default defineConfig({
  // Relative addresses, so that the site works in any folder of any host.
  base: './',
  plugins: [safeServers(), mnist, ...tfjsWasm(), zodWithoutEval(), serviceWorker()],
  worker: {
    format: 'es',
    plugins: () => [...tfjsWasm(), zodWithoutEval()],
    rolldownOptions: {
      output: {
        chunkFileNames: ({ moduleIds }) =>
          `assets/${moduleIds.some((id) => id.includes('/@tensorflow/')) ? 'tfjs-' : ''}[name]-[hash].js`,
      },
    },
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 1024, manifest: 'build-manifest.json' },
  // Without this list Vite finds them when they are first used, and then reloads the page.
  optimizeDeps: {
    include: ['core', 'backend-cpu', 'backend-wasm', 'backend-webgl', 'backend-webgpu'].map(
      (name) => `@mnist-lab/backends > @tensorflow/tfjs-${name}`,
    ),
  },
})
