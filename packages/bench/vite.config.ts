import { defineConfig } from 'vite'
import { tfjsWasm, zodWithoutEval } from '../../vite.shared.ts'

/** The page that runs cells in a browser, from what tsc made. */
export default defineConfig({
  base: './',
  plugins: [tfjsWasm(), zodWithoutEval()],
  worker: { format: 'es', plugins: () => [...tfjsWasm(), zodWithoutEval()] },
  build: {
    outDir: 'dist/site',
    target: 'es2022',
    rolldownOptions: { input: 'page.html' },
    chunkSizeWarningLimit: 4096,
  },
})
