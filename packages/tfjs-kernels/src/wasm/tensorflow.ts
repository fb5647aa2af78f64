import type * as tfjs from '@tensorflow/tfjs-core'
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'

/**
 * The part of TensorFlow.js's core that these kernels use. Pass the whole namespace: `import * as
 * tf from '@tensorflow/tfjs-core'` or `'@tensorflow/tfjs'`.
 */
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

/** The name that errors begin with. */
export const PACKAGE = '@mnist-lab/tfjs-kernels/wasm'

/** The release whose internals these kernels are written for. */
const TFJS_VERSION = '4.22.'

/** The part of the wasm backend that these kernels use. None of it is documented. */
export interface WasmBackend {
  /** It is null once the backend is disposed. */
  readonly wasm: {
    readonly HEAPU8: Uint8Array
    /** Where the build without threads has its memory. */
    readonly asm?: { readonly memory?: WebAssembly.Memory }
    /** Where the build with threads has its memory. */
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

/** The arguments that a kernel is called with. */
export type Call = Parameters<KernelConfig['kernelFunc']>[0]

/** Reports that these kernels cannot work in this TensorFlow.js. */
export class TensorFlowError extends Error {
  override readonly name = 'TensorFlowError'
}

/**
 * Checks that the kernels can be installed.
 *
 * @throws TensorFlowError for another version, or if the wasm backend is not registered
 */
export function checkTensorFlow(tf: TensorFlow): void {
  if (!tf.version_core.startsWith(TFJS_VERSION))
    throw unfit(`tfjs-core ${tf.version_core}, expected ${TFJS_VERSION}x`)
  if (tf.getKernel('Conv2D', 'wasm') === undefined) {
    throw new TensorFlowError(
      `${PACKAGE}: the wasm backend is not registered; import @tensorflow/tfjs-backend-wasm first`,
    )
  }
}

/**
 * Returns the memory of a running wasm backend.
 *
 * @throws TensorFlowError when a member is missing
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
    `${PACKAGE}: ${what}; use TensorFlow.js ${TFJS_VERSION}x, or do not install these kernels`,
  )
}
