import * as relaxed from '../generated/relaxed.js'
import * as simd128 from '../generated/simd128.js'

/**
 * The builds of the kernels, from fast to slow. `relaxed` uses relaxed SIMD: it multiplies and adds
 * in one instruction on machines that can, and so rounds differently from `simd128`. `plain` is for
 * JavaScript engines without SIMD: it has only the two kernels that TensorFlow.js lacks or computes
 * wrongly, in JavaScript.
 */
export const TFJS_BUILDS = ['relaxed', 'simd128', 'plain'] as const

/** The name of a build of the kernels. */
export type TfjsBuild = (typeof TFJS_BUILDS)[number]

const EMBEDDED = { relaxed, simd128 }

/** The flags byte of a memory that has a maximum and is not shared. */
const NOT_SHARED = 1

function bytesOf(build: keyof typeof EMBEDDED, shared: boolean): Uint8Array<ArrayBuffer> {
  const { WASM, MEMORY_FLAGS } = EMBEDDED[build]
  const bytes = Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0))
  if (!shared) bytes[MEMORY_FLAGS] = NOT_SHARED
  return bytes
}

/** Returns the fastest build that this JavaScript engine can run. */
export function bestTfjsBuild(): TfjsBuild {
  if (WebAssembly.validate(bytesOf('relaxed', false))) return 'relaxed'
  return WebAssembly.validate(bytesOf('simd128', false)) ? 'simd128' : 'plain'
}

/**
 * The module's exports. The sources in `assembly/` describe each of them. Addresses and strides are
 * in bytes.
 */
export type Kernels = Readonly<
  Record<
    | 'product'
    | 'inputGradient'
    | 'offsets'
    | 'zero'
    | 'add'
    | 'copyRows'
    | 'transpose'
    | 'sumRows'
    | 'tanh'
    | 'avgPoolGrad'
    | 'maxPoolGrad',
    (...numbers: number[]) => void
  >
>

/**
 * Creates the kernels on a memory. They keep no state, and write only to the addresses in their
 * arguments. The function is synchronous, because TensorFlow.js's kernels are. On the main thread,
 * Chrome before version 114 compiles only modules of up to 4 KB synchronously, and these modules
 * are smaller.
 */
export function instantiate(build: keyof typeof EMBEDDED, memory: WebAssembly.Memory): Kernels {
  const module = new WebAssembly.Module(bytesOf(build, isShared(memory)))
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels
}

/** Returns whether a memory is shared between threads. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer
}
