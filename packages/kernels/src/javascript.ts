import { type Kernels, kernelsOf } from './kernels.js'

/**
 * The most bytes of a memory that the build in JavaScript can use. Its addresses are signed numbers
 * of 32 bits.
 */
export const MAX_JAVASCRIPT_BYTES = 2 ** 31

/** Creates the kernels on a memory, as `instantiateKernels` does for WebAssembly. */
export type InstantiateInJavaScript = (memory: ArrayBuffer) => Kernels

/**
 * Loads the scalar build in JavaScript, for engines without WebAssembly. It computes the same bits
 * as the scalar build. It needs neither WebAssembly nor the right to evaluate strings.
 */
export async function loadJavaScriptKernels(): Promise<InstantiateInJavaScript> {
  const { instantiate } = await import('./generated/javascript.js')
  return (memory) => kernelsOf(instantiate(memory))
}
