// Compiles the kernels of the fused engine.
import { compileModule } from './compile-module.mjs'

for (const build of ['scalar', 'simd128', 'relaxed']) compileModule(build, `${build}.wasm`)
