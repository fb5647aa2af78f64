import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import {
  BUILDS,
  compileKernels,
  FIRST_ADDRESS,
  instantiateKernels,
  type Kernels,
  loadJavaScriptKernels,
} from '../src/index.js'

// Node.js 20 has relaxed SIMD behind a flag, which later versions no longer know.
setFlagsFromString('--experimental-wasm-relaxed-simd')

/** The builds, and the one in JavaScript. */
export const ALL_BUILDS = [...BUILDS, 'in JavaScript'] as const

/** Kernels on a memory that has room for the arrays of a test. */
export class Bench {
  readonly heap: Float32Array
  readonly kernels: Kernels
  #next = FIRST_ADDRESS

  constructor(memory: { readonly buffer: ArrayBuffer }, kernels: Kernels) {
    this.heap = new Float32Array(memory.buffer)
    this.kernels = kernels
  }

  static async create(build: (typeof ALL_BUILDS)[number]): Promise<Bench> {
    if (build === 'in JavaScript') {
      const buffer = new ArrayBuffer(64 * 65_536)
      return new Bench({ buffer }, (await loadJavaScriptKernels())(buffer))
    }
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 64 })
    return new Bench(memory, await instantiateKernels(memory, await compileKernels(build)))
  }

  reset(): void {
    this.#next = FIRST_ADDRESS
    this.heap.fill(Number.NaN, this.#next / 4)
  }

  /** Writes values into the memory, followed by unused room, and returns their address. */
  put(values: ArrayLike<number>): number {
    const at = this.#next
    this.heap.set(Array.from(values), at / 4)
    this.#next += Math.ceil((values.length + 16) / 16) * 64
    return at
  }

  room(count: number): number {
    return this.put(new Float32Array(count))
  }

  take(at: number, count: number): number[] {
    return Array.from(this.heap.subarray(at / 4, at / 4 + count))
  }
}

/** Returns numbers in (−1, 1), the same ones for the same name. */
export function numbers(count: number, name: string): number[] {
  const values: number[] = []
  for (let block = 0; values.length < count; block++) {
    const bytes = createHash('sha256').update(`${name}/${block}`).digest()
    for (let i = 0; i < 32; i += 4) values.push(Math.fround(bytes.readInt32LE(i) / 2 ** 31))
  }
  return values.slice(0, count)
}
