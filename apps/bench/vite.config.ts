import { defineConfig } from 'vite'
import { tfjsWasmFiles } from '../../vite.shared.ts'

/** The page that runs cells in a browser, from what tsc made. */
export default defineConfig({
  base: './',
  plugins: [tfjsWasmFiles()],
  worker: { format: 'es' },
  build: { outDir: 'dist/site', target: 'es2022', rolldownOptions: { input: 'page.html' }, chunkSizeWarningLimit: 4096 },
})
