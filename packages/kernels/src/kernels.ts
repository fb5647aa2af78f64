import { type Build, BUILDS } from './builds.js'
import { OPERATION_NAMES } from './generated/operations.js'
import { promisedOrConstructed } from './promised-or-constructed.js'

/** The names of a module's functions: those that run programs, and the kernel of each operation. */
export const KERNEL_NAMES = ['run', 'help', 'execute', 'peak', ...OPERATION_NAMES] as const

/** The name of a function of a module. */
export type KernelName = (typeof KERNEL_NAMES)[number]

/** The first address, in bytes, that a caller may use. Below it are the kernels' constants. */
export const FIRST_ADDRESS = 2048

/**
 * A function of a module. Addresses and strides are in bytes of the kernels' memory.
 * `assembly/operations.mjs` names the arguments of each.
 */
export type Kernel = (...numbers: number[]) => void

/** The functions of a module on one memory. */
export type Kernels = Readonly<Record<Exclude<KernelName, 'run'>, Kernel>> & {
  /**
   * Runs a pass, and returns 1 when it is finished. While it returns 0, helper threads are at work
   * and it has to be called again, after the host has looked whether they are still alive.
   */
  readonly run: (header: number, mayWait: number) => number
  readonly build: Build
  /** Says how many samples a block has. */
  readonly block: number
}

/**
 * Instantiates the kernels on a memory. They keep no state, use only the memory that they get, and
 * call no other functions.
 *
 * @param memory must be shared exactly if the module was compiled for shared memory
 * @throws WebAssembly.LinkError when the memory does not fit the module
 */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  module: WebAssembly.Module,
): Promise<Kernels> {
  const imports = { env: { memory } }
  const { exports } = await promisedOrConstructed(
    () => WebAssembly.instantiate(module, imports),
    () => new WebAssembly.Instance(module, imports),
  )
  return kernelsOf(exports)
}

/** Returns the kernels among the exports of a build, and what the other exports say of them. */
export function kernelsOf(exports: Readonly<Record<string, unknown>>): Kernels {
  const { BUILD, BLOCK, CONSTANTS_END, ...kernels } = exports as Record<
    string,
    { readonly value: number }
  >
  if (CONSTANTS_END!.value > FIRST_ADDRESS)
    throw new Error(
      `the kernels’ constants end at ${CONSTANTS_END!.value}, expected at most ${FIRST_ADDRESS}`,
    )
  return {
    ...(kernels as unknown as Omit<Kernels, 'build' | 'block'>),
    build: BUILDS[BUILD!.value]!,
    block: BLOCK!.value,
  }
}
