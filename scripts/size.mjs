// Prints how many bytes a page loads for the fused engine and for the TensorFlow.js kernels, and
// fails if the engine is larger than its limit: node scripts/size.mjs, after pnpm build. The
// modules are bundled and minified by Vite, as the page of this repository is. The packages models
// and core are left out, because a page has them for other reasons too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { BUILDS, kernelBytes } from '../packages/kernels/dist/index.js'

/** The most bytes that a page may load, gzipped, to train with the fused engine. */
const LIMIT = 40 * 1024

const OTHERS = ['@mnist-lab/core', '@mnist-lab/models']

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`
const sizes = (bytes) =>
  `${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes, { level: 9 }).length)} gzipped`

/**
 * Bundles a program for a browser and returns the code of its files, by file name. A module that
 * is imported when it is needed is a file of its own.
 */
async function bundle(program) {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-lab-size-'))
  try {
    const input = join(folder, 'program.js')
    writeFileSync(input, program)
    const { output } = await build({
      configFile: false,
      logLevel: 'silent',
      root: fileURLToPath(new URL('../packages/backends/', import.meta.url)),
      worker: { format: 'es' },
      build: { write: false, target: 'es2022', rolldownOptions: { input, external: OTHERS } },
    })
    return new Map(output.map(({ fileName, code, source }) => [fileName, code ?? source]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const dist = (path) =>
  JSON.stringify(fileURLToPath(new URL(`../packages/${path}`, import.meta.url)))
const engine = await bundle(
  `import { fused } from ${dist('backends/dist/fused.js')}; globalThis.fused = fused`,
)
/** The beginning of each build as base64, by which its file is recognised. */
const beginnings = new Map(
  await Promise.all(
    BUILDS.map(async (name) => {
      const base64 = Buffer.from(await kernelBytes(name, true)).toString('base64')
      return [name, base64.slice(0, 2000)]
    }),
  ),
)
for (const name of BUILDS) {
  const others = BUILDS.filter((other) => other !== name).map((other) => beginnings.get(other))
  const loaded = [...engine.values()].filter(
    (code) => !others.some((beginning) => String(code).includes(beginning)),
  )
  if (loaded.length !== engine.size - BUILDS.length + 1)
    throw new Error(`${name}: expected one file of the engine for each build`)
  const bytes = Buffer.from(loaded.join('\n'))
  console.log(`${name}.wasm: ${sizes(await kernelBytes(name))}`)
  console.log(`the fused engine with this build, as a page loads it: ${sizes(bytes)}`)
  if (gzipSync(bytes, { level: 9 }).length > LIMIT) {
    console.error(
      `the fused engine with ${name}.wasm is larger than its limit of ${LIMIT} bytes gzipped`,
    )
    process.exitCode = 1
  }
}
const inJavaScript = await bundle(
  `import { fusedJs } from ${dist('backends/dist/fused-js.js')}; globalThis.fusedJs = fusedJs`,
)
const bytes = Buffer.from([...inJavaScript.values()].join('\n'))
if (bytes.includes('AGFzbQ')) throw new Error('fused-js: expected a bundle without WebAssembly')
console.log(`the fused engine in JavaScript, as a page loads it: ${sizes(bytes)}`)
if (gzipSync(bytes, { level: 9 }).length > LIMIT) {
  console.error(`the fused engine in JavaScript is larger than its limit of ${LIMIT} bytes gzipped`)
  process.exitCode = 1
}
const kernels = await bundle(
  `import * as kernels from ${dist('tfjs-kernels/dist/wasm/index.js')}; globalThis.kernels = kernels`,
)
console.log(
  `the kernels for TensorFlow.js's wasm backend, JavaScript and both builds: ` +
    sizes(Buffer.from([...kernels.values()].join('\n'))),
)
