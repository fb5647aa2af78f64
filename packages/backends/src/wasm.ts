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
}

/** TensorFlow.js on WebAssembly, with the training kernel that upstream lacks. */
export function wasm(options: WasmOptions = {}): Backend {
  return {
    name: 'wasm',
    async probe() {
      return typeof WebAssembly === 'object'
        ? { ok: true, detail: 'WebAssembly' }
        : { ok: false, reason: 'this JavaScript engine has no WebAssembly', remedy: 'use the cpu backend' }
    },
    async open() {
      const { openWasm } = await import('./tfjs/open-wasm.js')
      return openWasm(options)
    },
  }
}
