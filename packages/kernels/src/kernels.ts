import { SIMD_WASM } from './generated/simd.js'

/** The module's functions; each is described where it is written, in `assembly/`. */
export const KERNEL_NAMES = [
  'convForward', 'convBackwardData', 'convBackwardWeights', 'biasGradient', 'transposeGradient', 'packForward', 'packBackward',
  'avgPoolForward', 'avgPoolBackward', 'maxPoolForward', 'maxPoolBackward', 'tanhInPlace', 'tanhBackward', 'reluInPlace',
  'reluBackward', 'multiplyInto', 'dropoutMask', 'interleave', 'sgd',
] as const

export type KernelName = (typeof KERNEL_NAMES)[number]

/** Addresses and strides are bytes in the memory that the kernels were given; everything else is what its name says. */
export type Kernel = (...numbers: number[]) => void

export type Kernels = Readonly<Record<KernelName, Kernel>>

/**
 * The module that comes with this package. An environment that forbids compiling from bytes hands in its own.
 *
 * @throws WebAssembly.CompileError where WebAssembly has no SIMD
 */
export function compileKernels(): Promise<WebAssembly.Module> {
  const text = atob(SIMD_WASM)
  return WebAssembly.compile(Uint8Array.from(text, (character) => character.charCodeAt(0)))
}

/** The kernels on a memory. They hold no state, need no memory of their own and call nothing. */
export async function instantiateKernels(memory: WebAssembly.Memory, module: WebAssembly.Module): Promise<Kernels> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  return exports as unknown as Kernels
}
