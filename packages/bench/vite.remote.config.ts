import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { zodWithoutEval } from '../../vite.shared.ts'

const BUILDS = ['relaxed', 'simd128', 'scalar'] as const

/** Adds the kernels as files, for programs that compile no WebAssembly themselves. */
function kernelFiles(): Plugin {
  return {
    name: 'kernel-files',
    async generateBundle() {
      const from = createRequire(
        fileURLToPath(new URL('../backends/package.json', import.meta.url)),
      )
      const { kernelBytes } = (await import(
        pathToFileURL(from.resolve('@mnist-lab/kernels')).href
      )) as { kernelBytes: (build: string) => Promise<Uint8Array> }
      for (const build of BUILDS)
        this.emitFile({
          type: 'asset',
          fileName: `${build}.wasm`,
          source: await kernelBytes(build),
        })
    },
  }
}

/** Gives TensorFlow.js what it takes from a module of Node.js wherever it finds Node.js. */
function utilModule(): Plugin {
  return {
    name: 'util-module',
    enforce: 'pre',
    resolveId: (id) => (id === 'util' ? '\0util' : null),
    load: (id) =>
      id === '\0util' ? 'export const { TextEncoder, TextDecoder } = globalThis' : null,
  }
}

/** Leaves out the threads of pages, because none of these programs has Web Workers. */
function noWebThreads(): Plugin {
  return {
    name: 'no-web-threads',
    load: (id) =>
      id.endsWith('/spawn-web-thread.js') ? 'export const webThreads = () => undefined' : null,
  }
}

/**
 * The remote engines, from what tsc made: in the mode `script` the classic script for shells of
 * JavaScript engines, in the mode `worker` the module for workerd. Each is one file.
 */
export default defineConfig(({ mode }) => ({
  plugins: [
    zodWithoutEval(),
    utilModule(),
    noWebThreads(),
    ...(mode === 'worker' ? [kernelFiles()] : []),
  ],
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'dist/remote-bundles',
    emptyOutDir: false,
    target: 'es2021',
    minify: true,
    lib: {
      entry: `dist/remote/${mode}.js`,
      name: 'remoteEngine',
      formats: [mode === 'worker' ? 'es' : 'iife'],
      fileName: () => (mode === 'worker' ? 'worker.mjs' : 'script.cjs'),
    },
    rolldownOptions: { output: { codeSplitting: false } },
    chunkSizeWarningLimit: 8192,
  },
}))
