import { BackendError } from './backend-error.js'
import { cpu } from './cpu.js'
import { fused, type FusedOptions } from './fused.js'
import { nullBackend } from './null.js'
import type { Profiler } from './profiler.js'
import type { Backend } from './seam.js'
import { wasm } from './wasm.js'
import { webgl } from './webgl.js'
import { webgpu } from './webgpu.js'

/** What a page can say about any backend; one that has no use for an option ignores it. */
export interface WebBackendOptions {
  readonly threads?: number
  /** Where TensorFlow.js's .wasm files are, see `WasmOptions`. */
  readonly wasmPath?: string
  /** Told where a step's time goes, see `Profiler`; WebGL and WebGPU queue their work, and have none. */
  readonly profiler?: Profiler
}

type Factory = (options: WebBackendOptions) => Backend

/** Every backend that a browser can have, from fast to slow where there is a GPU. */
const FACTORIES = {
  fused: (options) => fused(forFused(options)),
  webgpu: () => webgpu(),
  wasm: (options) => wasm(options),
  webgl: () => webgl(),
  cpu: ({ profiler }) => cpu(profiler === undefined ? {} : { profiler }),
} satisfies Readonly<Record<string, Factory>>

/** Known by name alone, as in Node.js. */
const OTHERS: Readonly<Record<string, Factory>> = {
  'fused-simd128': (options) => ({
    ...fused({ ...forFused(options), build: 'simd128' }),
    name: 'fused-simd128',
  }),
  'fused-direct': (options) => ({
    ...fused({ ...forFused(options), convolutions: 'direct' }),
    name: 'fused-direct',
  }),
  'wasm-stock': (options) => wasm({ ...options, kernels: 'stock' }),
  'cpu-stock': () => cpu({ kernels: 'stock' }),
  null: () => nullBackend(),
}

function forFused({ threads, profiler }: WebBackendOptions): FusedOptions {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(profiler === undefined ? {} : { profiler }),
  }
}

/** The names that {@link webBackend} knows, without those known by name alone. */
export const WEB_BACKEND_NAMES: readonly string[] = Object.keys(FACTORIES)

/**
 * A backend by name, in a browser; nothing heavy is loaded before it is opened.
 *
 * @throws BackendError when there is none of that name in browsers
 */
export function webBackend(name: string, options: WebBackendOptions = {}): Backend {
  const factories: Readonly<Record<string, Factory>> = { ...FACTORIES, ...OTHERS }
  if (!Object.hasOwn(factories, name)) {
    throw new BackendError({
      where: `backend ${name}`,
      what: 'not to be had in a browser',
      expected: `one of ${WEB_BACKEND_NAMES.join(', ')}`,
      hint: 'choose another',
    })
  }
  return factories[name]!(options)
}
