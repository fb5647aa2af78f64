// Generates the files that follow from the table of operations, and compiles the kernels of the fused engine.
import { compileModule, writeVersion } from './compile-module.mjs'
import { generate } from './generate.mjs'

generate()
writeVersion()
for (const build of ['scalar', 'simd128', 'relaxed']) compileModule(build, `${build}.wasm`)
