import { BackendError } from './backend-error.js'
import type { Backend } from './seam.js'

export interface FusedOptions {
  /**
   * The kernels, compiled already, for environments that do not compile WebAssembly from bytes.
   * @default those of @mnist-lab/kernels, compiled when the backend is opened
   */
  readonly module?: WebAssembly.Module
}

/** A module that holds one function with one SIMD instruction; whoever validates it has SIMD. */
const SIMD_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11)

/** Our own engine: a training step of any ModelSpec on WebAssembly SIMD kernels, in memory that is laid out once. No TensorFlow.js. */
export function fused(options: FusedOptions = {}): Backend {
  return {
    name: 'fused',
    async probe() {
      return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE)
        ? { ok: true, detail: 'WebAssembly SIMD' }
        : { ok: false, reason: 'this JavaScript engine has no WebAssembly SIMD', remedy: 'use the wasm or the cpu backend' }
    },
    async open() {
      const { openFused } = await import('./fused/session.js')
      try {
        return await openFused(options.module)
      } catch (cause) {
        throw new BackendError({
          where: 'backend fused', what: `its kernels do not compile (${String(cause)})`, mend: 'use the wasm or the cpu backend', cause,
        })
      }
    },
  }
}
