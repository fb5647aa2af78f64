import * as relaxed from '../generated/relaxed.js'
import * as simd128 from '../generated/simd128.js'

/**
 * From fast to slow. `relaxed` has relaxed SIMD: it multiplies and adds in one instruction where the machine can, and so rounds otherwise
 * than `simd128`. `plain` is for engines without SIMD: JavaScript for the two kernels that TensorFlow.js lacks or gets wrong, nothing else.
 */
export const TFJS_BUILDS = ['relaxed', 'simd128', 'plain'] as const

export type TfjsBuild = (typeof TFJS_BUILDS)[number]

const EMBEDDED = { relaxed, simd128 }

/** Flags of a memory with a maximum, not shared. */
const NOT_SHARED = 1

function bytesOf(build: keyof typeof EMBEDDED, shared: boolean): Uint8Array<ArrayBuffer> {
  const { WASM, MEMORY_FLAGS } = EMBEDDED[build]
  const bytes = Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0))
  if (!shared) bytes[MEMORY_FLAGS] = NOT_SHARED
  return bytes
}

/** The fastest build that this JavaScript engine takes. */
export function bestTfjsBuild(): TfjsBuild {
  if (WebAssembly.validate(bytesOf('relaxed', false))) return 'relaxed'
  return WebAssembly.validate(bytesOf('simd128', false)) ? 'simd128' : 'plain'
}

/** What the module exports; each is described where it is written, in `assembly-tfjs/`. Addresses and strides are bytes. */
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
 * The kernels on a memory. They hold no state and write nowhere but where they are told. Synchronous, as TensorFlow.js's kernels
 * are; Chrome before version 114 does so on the main thread for modules of up to 4 KB only, as these are.
 */
export function instantiate(build: keyof typeof EMBEDDED, memory: WebAssembly.Memory): Kernels {
  const module = new WebAssembly.Module(bytesOf(build, isShared(memory)))
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels
}

export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer
}
