// Prints how large the fused engine and the kernels for TensorFlow.js are, as a page would load
// them. Usage, after pnpm build: node scripts/size.mjs
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
/** A page loads no more than this to train, gzipped. */
const MOST = 40 * 1024
for (const build of BUILDS) {
  console.log(`${build}.wasm: ${gzipped(await kernelBytes(build))}`)
  const loaded = Buffer.concat([
    ...engine,
    readFileSync(new URL(`kernels/dist/generated/${build}.js`, root)),
  ])
  console.log(`the engine with it, as a page loads it: ${gzipped(loaded)}`)
  if (gzipSync(loaded, { level: 9 }).length > MOST) {
    console.error(`the engine with ${build}.wasm is more than ${MOST} bytes gzipped`)
    process.exitCode = 1
  }
}
const pack = [...modules('kernels/dist/tfjs-wasm/'), ...modules('kernels/dist/generated/tfjs/')]
console.log(
  `the kernels for TensorFlow.js's wasm backend, JavaScript and the two builds: ${gzipped(Buffer.concat(pack))}`,
)
