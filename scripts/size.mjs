// Prints how many bytes a page loads for the fused engine and for the TensorFlow.js kernels, and
// fails if the engine is larger than its limit: node scripts/size.mjs, after pnpm build.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { BUILDS, kernelBytes } from '../packages/kernels/dist/index.js'

const gzipped = (bytes) =>
  `${(bytes.length / 1024).toFixed(1)} KB, ${(gzipSync(bytes, { level: 9 }).length / 1024).toFixed(1)} KB gzipped`
const root = new URL('../packages/', import.meta.url)
const modules = (folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(new URL(folder + name, root)))
const engine = [
  ...modules('kernels/dist/'),
  readFileSync(new URL('kernels/dist/generated/operations.js', root)),
  ...modules('backends/dist/fused/'),
  ...modules('backends/dist/fused/passes/'),
  readFileSync(new URL('backends/dist/fused.js', root)),
]
/** The most bytes that a page may load, gzipped, to train with the fused engine. */
const LIMIT = 40 * 1024
for (const build of BUILDS) {
  console.log(`${build}.wasm: ${gzipped(await kernelBytes(build))}`)
  const loaded = Buffer.concat([
    ...engine,
    readFileSync(new URL(`kernels/dist/generated/${build}.js`, root)),
  ])
  console.log(`the fused engine with this build, as a page loads it: ${gzipped(loaded)}`)
  if (gzipSync(loaded, { level: 9 }).length > LIMIT) {
    console.error(
      `the fused engine with ${build}.wasm is larger than its limit of ${LIMIT} bytes gzipped`,
    )
    process.exitCode = 1
  }
}
const pack = [...modules('tfjs-kernels/dist/wasm/'), ...modules('tfjs-kernels/dist/generated/')]
console.log(
  `the kernels for TensorFlow.js's wasm backend, JavaScript and both builds: ${gzipped(Buffer.concat(pack))}`,
)
