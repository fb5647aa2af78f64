import {
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'

/** Runs one of an engine's kernels within another. The caller disposes of the output's data. */
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
