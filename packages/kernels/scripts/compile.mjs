// Generates the sources that the table of operations describes, and compiles the kernels of the
// fused engine.
import { compileJavaScript } from './compile-javascript.mjs'
import { compileModule, writeVersion } from './compile-module.mjs'
import { generate } from './generate.mjs'

generate()
writeVersion()
for (const build of ['scalar', 'simd128', 'relaxed']) compileModule(build, `${build}.wasm`)
compileJavaScript()
