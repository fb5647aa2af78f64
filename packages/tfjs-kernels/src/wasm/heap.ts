import type { TensorInfo } from '@tensorflow/tfjs-core'
import { instantiate, isShared, type Kernels, type TfjsBuild } from './builds.js'
import { memoryOf, PACKAGE, type WasmBackend } from './tensorflow.js'

/**
 * The constants of `assembly/tanh.ts`: the limit and the coefficients of P and Q, which are those
 * of Eigen's fast tanh.
 */
const TANH = [
  7.90531110763549805, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
  5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3,
  1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3,
]
/** Added to a number and subtracted again, it rounds the number to a multiple of 2⁻⁹⁰. */
const TINY = 1e-20
/**
 * Says how many numbers `AddAndFlush` takes at a time. They stay in the cache of the first level.
 */
export const FLUSH_CHUNK = 1024
/** Scratch areas begin at the beginning of a cache line. */
const LINE = 64

/**
 * The heap of one wasm backend, with the kernels on it and scratch memory from the backend's
 * allocator.
 */
export class Heap {
  readonly backend: WasmBackend
  readonly kernels: Kernels
  /** Whether the backend runs threads. */
  readonly threaded: boolean
  /** The address of tanh's constants. */
  readonly tanhTable: number
  /** The address of {@link FLUSH_CHUNK} times `TINY`, and then as many times −`TINY`. */
  readonly tinyTable: number
  #scratch = 0
  #bytes = 0

  constructor(backend: WasmBackend, build: Exclude<TfjsBuild, 'plain'>) {
    const memory = memoryOf(backend)
    this.backend = backend
    this.threaded = isShared(memory)
    this.kernels = instantiate(build, memory)
    const constants = [
      ...TANH,
      ...new Array<number>(FLUSH_CHUNK).fill(TINY),
      ...new Array<number>(FLUSH_CHUNK).fill(-TINY),
    ]
    this.tanhTable = this.#malloc(constants.length * 4)
    this.tinyTable = this.tanhTable + TANH.length * 4
    new Float32Array(memory.buffer, this.tanhTable, constants.length).set(constants)
  }

  /** Returns the address of a tensor's numbers. */
  at(tensor: TensorInfo): number {
    return this.backend.getMemoryOffset(tensor.dataId) >>> 0
  }

  /** Creates a float32 tensor whose numbers are not yet written. */
  output(shape: readonly number[]): TensorInfo {
    return this.backend.makeOutput(shape, 'float32')
  }

  /**
   * Returns the addresses of areas of the given sizes. They belong to the caller until the next
   * call, and hold arbitrary numbers. The memory grows on demand and is kept, because every
   * training step asks for the same areas again.
   */
  scratch(...bytes: readonly number[]): number[] {
    const sizes = bytes.map((size) => Math.ceil(size / LINE) * LINE)
    const total = sizes.reduce((sum, size) => sum + size, LINE)
    if (total > this.#bytes) {
      if (this.#bytes > 0) this.backend.wasm!._free(this.#scratch)
      this.#bytes = 0
      this.#scratch = this.#malloc(total)
      this.#bytes = total
    }
    let next = Math.ceil(this.#scratch / LINE) * LINE
    return sizes.map((size) => (next += size) - size)
  }

  /** Frees everything, unless the backend has been disposed with all its memory. */
  free(): void {
    const { wasm } = this.backend
    if (wasm === null) return
    wasm._free(this.tanhTable)
    if (this.#bytes > 0) wasm._free(this.#scratch)
    this.#bytes = 0
  }

  #malloc(bytes: number): number {
    const at = this.backend.wasm!._malloc(bytes) >>> 0
    if (at === 0) throw new RangeError(`${PACKAGE}: the wasm heap has no ${bytes} bytes left`)
    return at
  }
}
