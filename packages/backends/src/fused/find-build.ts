import { bestBuild, type Build, buildOf, supportsBuild } from '@mnist-lab/kernels'
import { type Refusal, refuseWebAssembly } from '../web-assembly.js'

/** The options that decide which build runs; see `FusedOptions`. */
interface BuildOptions {
  readonly module: WebAssembly.Module | undefined
  readonly build: Build | undefined
}

/**
 * Returns which build of the kernels will run, or why none can run here. Nothing large is compiled,
 * and no memory is created.
 */
export function findBuild({ module, build }: BuildOptions): { readonly build: Build } | Refusal {
  const refusal = refuseWebAssembly(module === undefined ? 'possible' : 'passed')
  if (refusal !== undefined) return refusal
  if (module !== undefined) {
    const given = buildOf(module)
    if (given !== undefined) return { build: given }
    return {
      ok: false,
      reason: 'the module that was passed in is not one of its kernels',
      hint: 'compile a .wasm file of @mnist-lab/kernels, of the same version as this package',
    }
  }
  if (build !== undefined && !supportsBuild(build)) {
    return {
      ok: false,
      reason: `this JavaScript engine lacks instructions of WebAssembly that the build ${build} needs`,
      hint: 'leave out the build, or use a newer engine',
    }
  }
  const found = build ?? bestBuild()
  if (found !== undefined) return { build: found }
  return {
    ok: false,
    reason: 'this JavaScript engine lacks instructions of WebAssembly that every build needs',
    hint: 'use a newer one, or the fused-js backend',
  }
}
