import {
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  type NamedAttrMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core'
import type { Profiler } from '../profiler.js'

/**
 * Runs one of an engine's kernels within another. The caller disposes of the output's data.
 *
 * @param engine its name within TensorFlow.js
 */
export function runKernel(
  engine: string,
  backend: KernelBackend,
  kernel: string,
  inputs: Record<string, TensorInfo>,
  attrs: object,
): TensorInfo {
  return getKernel(kernel, engine).kernelFunc({
    inputs,
    attrs: attrs as NamedAttrMap,
    backend,
  }) as TensorInfo
}

/**
 * Registers kernels, in place of the engine's own where it has them.
 *
 * @returns a function that puts the old kernels back
 */
export function replaceKernels(configs: readonly KernelConfig[]): () => void {
  const undo = configs.map((config) => {
    const { kernelName, backendName } = config
    const theirs = getKernel(kernelName, backendName)
    if (theirs !== undefined) unregisterKernel(kernelName, backendName)
    registerKernel(config)
    return () => {
      unregisterKernel(kernelName, backendName)
      if (theirs !== undefined) registerKernel(theirs)
    }
  })
  return () => {
    for (const restore of undo) restore()
  }
}

/**
 * Runs every kernel of an engine through a profiler.
 *
 * @param engine its name within TensorFlow.js
 * @returns a function that puts the kernels back
 */
export function timeKernels(engine: string, profiler: Profiler): () => void {
  return replaceKernels(
    getKernelsForBackend(engine).map((kernel) => ({
      ...kernel,
      kernelFunc: (call) => profiler.kernel(kernel.kernelName, () => kernel.kernelFunc(call)),
    })),
  )
}
