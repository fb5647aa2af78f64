import type * as tfjs from '@tensorflow/tfjs-core'
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'

/** What is used of TensorFlow.js's core: pass the namespace, `import * as tf from '@tensorflow/tfjs-core'` or `'@tensorflow/tfjs'`. */
export type TensorFlow = Pick<
  typeof tfjs,
  | 'version_core'
  | 'getKernel'
  | 'registerKernel'
  | 'unregisterKernel'
  | 'getBackend'
  | 'backend'
  | 'backend_util'
>

/** The release whose internals these kernels are written for. */
export const TFJS_VERSION = '4.22.'

/** What is used of the wasm backend; none of it is documented. */
export interface WasmBackend {
  /** null once the backend is disposed. */
  readonly wasm: {
    readonly HEAPU8: Uint8Array
    /** Of the build without threads. */
    readonly asm?: { readonly memory?: WebAssembly.Memory }
    /** Of the build with threads. */
    readonly wasmMemory?: WebAssembly.Memory
    readonly _malloc: (this: void, bytes: number) => number
    readonly _free: (this: void, at: number) => void
  } | null
  getMemoryOffset(dataId: object): number
  makeOutput(shape: readonly number[], dtype: 'float32'): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array
}

const METHODS = ['getMemoryOffset', 'makeOutput', 'typedArrayFromHeap'] as const
const ALLOCATOR = ['_malloc', '_free'] as const

/** What a kernel is called with. */
export type Call = Parameters<KernelConfig['kernelFunc']>[0]

/** The TensorFlow.js at hand is not one that these kernels can work in. */
export class TensorFlowError extends Error {
  override readonly name = 'TensorFlowError'
}

/** @throws TensorFlowError for another version, or without the wasm backend's kernels */
export function checkTensorFlow(tf: TensorFlow): void {
  if (!tf.version_core.startsWith(TFJS_VERSION))
    throw unfit(`tfjs-core ${tf.version_core}, expected ${TFJS_VERSION}x`)
  if (tf.getKernel('Conv2D', 'wasm') === undefined) {
    throw new TensorFlowError(
      'tfjs-wasm kernels: the wasm backend is not registered; import @tensorflow/tfjs-backend-wasm first',
    )
  }
}

/**
 * The heap of a running wasm backend.
 *
 * @throws TensorFlowError where a member is missing
 */
export function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  const { wasm } = backend
  const missing =
    METHODS.find((name) => typeof backend[name] !== 'function') ??
    ALLOCATOR.find((name) => typeof wasm?.[name] !== 'function')
  if (missing !== undefined) throw unfit(`a wasm backend without ${missing}`)
  const memory = wasm?.wasmMemory ?? wasm?.asm?.memory
  if (!(memory instanceof WebAssembly.Memory))
    throw unfit('a wasm backend without wasmMemory or asm.memory')
  return memory
}

function unfit(what: string): TensorFlowError {
  return new TensorFlowError(
    `tfjs-wasm kernels: ${what}; use TensorFlow.js ${TFJS_VERSION}x, or do without these kernels`,
  )
}
