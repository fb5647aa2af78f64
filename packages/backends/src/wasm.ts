import type { Profiler } from './profiler.js'
import type { Backend } from './seam.js'

export interface WasmOptions {
  /**
   * Threads to ask for. The engine runs several only where it can (a browser page that is cross-origin isolated, never
   * Node), and `info` says what it got and why.
   * @default the engine's own choice
   */
  readonly threads?: number
  /**
   * Where the engine's .wasm files are: a URL prefix that ends in a slash. Bundled browser code needs it.
   * @default beside the engine's script
   */
  readonly wasmPath?: string
  /**
   * `training`: those of @mnist-lab/kernels/tfjs-wasm, in place of what upstream lacks, is slow at or gets wrong. `stock`: upstream's,
   * and only `Conv2DBackpropFilter`, which it lacks, composed of them; then the backend's name is `wasm-stock`, and max pooling of negative
   * numbers trains wrongly. Sessions of both cannot be open at a time.
   * @default 'training'
   */
  readonly kernels?: 'training' | 'stock'
  /** Told where training steps go, kernel by kernel; no other session of this engine may be open then. @default none */
  readonly profiler?: Profiler
}

/** TensorFlow.js on WebAssembly. */
export function wasm(options: WasmOptions = {}): Backend {
  return {
    name: options.kernels === 'stock' ? 'wasm-stock' : 'wasm',
    async probe() {
      return typeof WebAssembly === 'object'
        ? { ok: true, detail: 'WebAssembly' }
        : {
            ok: false,
            reason: 'this JavaScript engine has no WebAssembly',
            hint: 'use the cpu backend',
          }
    },
    async open() {
      const { openWasm } = await import('./tfjs/open-wasm.js')
      return openWasm(options)
    },
  }
}
