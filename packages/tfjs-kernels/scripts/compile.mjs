// Compiles the kernels for TensorFlow.js's wasm backend.
import { compileModule, writeVersion } from '../../kernels/scripts/compile-module.mjs'

/**
 * On the main thread, Chrome before version 114 compiles only modules of up to this size
 * synchronously.
 */
const MOST_BYTES = 4096

writeVersion()
for (const build of ['simd128', 'relaxed']) {
  const { length } = compileModule(build, `tfjs-${build}.wasm`)
  if (length > MOST_BYTES)
    throw new Error(`tfjs-${build}.wasm: ${length} bytes, expected at most ${MOST_BYTES}`)
}
