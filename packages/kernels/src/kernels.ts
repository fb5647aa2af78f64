import { type Build, BUILDS } from './builds.js'
import { OPERATION_NAMES } from './generated/operations.js'

/** The functions of a module: those that run programs, and the kernel of each operation. */
export const KERNEL_NAMES = ['run', 'help', 'execute', 'peak', ...OPERATION_NAMES] as const

export type KernelName = (typeof KERNEL_NAMES)[number]

/** The first address, in bytes, that a caller may use. Below it are the kernels' constants. */
export const FIRST_ADDRESS = 2048

/**
 * A kernel. Addresses and strides are bytes in the memory that the kernels were given.
 * `assembly/operations.mjs` names the arguments of each.
 */
export type Kernel = (...numbers: number[]) => void

export type Kernels = Readonly<Record<KernelName, Kernel>> & {
  readonly build: Build
  /** Samples in a block. */
  readonly block: number
}

/**
 * Returns the kernels on a memory. They hold no state, need no memory of their own and call
 * nothing.
 */
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
