// Prints how many bytes a page loads for the fused engine and for the TensorFlow.js kernels, and
// fails if the engine is larger than its limit: node scripts/size.mjs, after pnpm build. The
// modules are counted as the compiler writes them, with their comments.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { BUILDS, kernelBytes } from '../packages/kernels/dist/index.js'

const gzipped = (bytes) =>
  `${(bytes.length / 1024).toFixed(1)} KB, ${(gzipSync(bytes, { level: 9 }).length / 1024).toFixed(1)} KB gzipped`
const root = new URL('../packages/', import.meta.url)
const KERNELS = new URL('kernels/dist/index.js', root).href
/** What a module imports, at once or later, and the scripts that it starts as threads. */
const IMPORTS =
  /(?:\bfrom|\bimport|\bnew URL)\s*\(?\s*['"](\.{1,2}\/[^'"]+\.js|@mnist-lab\/kernels)['"]/g

/**
 * Returns the addresses of a module and of everything that it loads from its package and from the
 * kernels.
 */
function modules(address, seen = new Set()) {
  if (seen.has(address)) return seen
  seen.add(address)
  for (const [, name] of readFileSync(new URL(address), 'utf8').matchAll(IMPORTS))
    modules(name.startsWith('.') ? new URL(name, address).href : KERNELS, seen)
  return seen
}
const join = (addresses) =>
  Buffer.concat([...addresses].map((address) => readFileSync(new URL(address))))

const engine = modules(new URL('backends/dist/fused.js', root).href)
const buildOf = (build) => new URL(`kernels/dist/generated/${build}.js`, root).href
/** The most bytes that a page may load, gzipped, to train with the fused engine. */
const LIMIT = 44 * 1024
for (const build of BUILDS) {
  console.log(`${build}.wasm: ${gzipped(await kernelBytes(build))}`)
  if (!engine.has(buildOf(build))) throw new Error(`${build}: the engine does not load this build`)
  const others = BUILDS.filter((other) => other !== build).map(buildOf)
  const loaded = join([...engine].filter((address) => !others.includes(address)))
  console.log(`the fused engine with this build, as a page loads it: ${gzipped(loaded)}`)
  if (gzipSync(loaded, { level: 9 }).length > LIMIT) {
    console.error(
      `the fused engine with ${build}.wasm is larger than its limit of ${LIMIT} bytes gzipped`,
    )
    process.exitCode = 1
  }
}
const pack = join(modules(new URL('tfjs-kernels/dist/wasm/index.js', root).href))
console.log(
  `the kernels for TensorFlow.js's wasm backend, JavaScript and both builds: ${gzipped(pack)}`,
)
