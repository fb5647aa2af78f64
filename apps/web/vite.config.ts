import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MNIST_FILES } from '@mnist-lab/data'
import { packagedMnist } from '@mnist-lab/data/node'
import { defineConfig } from 'vite'
import { ISOLATION, siteFiles, tfjsWasm } from '../../vite.shared.ts'
import { serviceWorker } from './service-worker-plugin.ts'

/** The four IDX files as they are published: gzip. */
const mnist = siteFiles({
  folder: 'mnist',
  names: Object.values(MNIST_FILES).map(({ file }) => `${file}.gz`),
  read: (name) => gzipSync(readFileSync(join(packagedMnist(), name.slice(0, -'.gz'.length)))),
})

export default defineConfig({
  // The site works in any folder of any host.
  base: './',
  plugins: [mnist, ...tfjsWasm(), serviceWorker()],
  worker: {
    format: 'es',
    plugins: () => tfjsWasm(),
    rolldownOptions: {
      output: {
        chunkFileNames: ({ moduleIds }) =>
          `assets/${moduleIds.some((id) => id.includes('/@tensorflow/')) ? 'tfjs-' : ''}[name]-[hash].js`,
      },
    },
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 1024, manifest: 'build-manifest.json' },
  // Found when they are first used, they would make the page load anew.
  optimizeDeps: {
    include: ['core', 'backend-cpu', 'backend-wasm', 'backend-webgl', 'backend-webgpu'].map(
      (name) => `@mnist-lab/backends > @tensorflow/tfjs-${name}`,
    ),
  },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
})
