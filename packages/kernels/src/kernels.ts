import { type Build, BUILDS } from './builds.js'

/** The module's functions; each is described where it is written, in `assembly/`. */
export const KERNEL_NAMES = [
  'run',
  'help',
  'execute',
  'convForward',
  'convBackwardData',
  'convUpdate',
  'biasUpdate',
  'denseUpdate',
  'transposeGradient',
  'sparseForward',
  'sparseUpdate',
  'sumRows',
  'winogradInput',
  'winogradForward',
  'winogradBackward',
  'winogradUpdate',
  'winogradFilter',
  'avgPoolForward',
  'avgPoolBackward',
  'maxPoolForward',
  'maxPoolBackward',
  'tanhAvgPoolForward',
  'tanhAvgPoolBackward',
  'tanhInPlace',
  'tanhBackward',
  'reluInPlace',
  'reluBackward',
  'multiplyInto',
  'crossEntropy',
  'dropoutMask',
  'loadImages',
  'deinterleave',
  'peak',
] as const

export type KernelName = (typeof KERNEL_NAMES)[number]

/** Below are the kernels' constants: the first address, in bytes, that a program of theirs may use. */
export const FIRST_ADDRESS = 2048

/** Addresses and strides are bytes in the memory that the kernels were given; everything else is what its name says. */
export type Kernel = (...numbers: number[]) => void

export type Kernels = Readonly<Record<KernelName, Kernel>> & {
  readonly build: Build
  /** Samples in a block. */
  readonly block: number
}

/** The kernels on a memory. They hold no state, need no memory of their own and call nothing. */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  module: WebAssembly.Module,
): Promise<Kernels> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  const { BUILD, BLOCK, CONSTANTS_END, ...kernels } = exports as Record<string, WebAssembly.Global>
  if (CONSTANTS_END!.value > FIRST_ADDRESS)
    throw new Error(
      `the kernels’ constants end at ${CONSTANTS_END!.value}, expected at most ${FIRST_ADDRESS}`,
    )
  return {
    ...(kernels as unknown as Record<KernelName, Kernel>),
    build: BUILDS[BUILD!.value as number]!,
    block: BLOCK!.value as number,
  }
}
