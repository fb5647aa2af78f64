import { getKernel, type KernelBackend, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core'

/** Runs one of the wasm backend's kernels within another. The caller disposes of the output's data. */
export function runWasmKernel(
  backend: KernelBackend, kernel: string, inputs: Record<string, TensorInfo>, attrs: object,
): TensorInfo {
  return getKernel(kernel, 'wasm').kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend }) as TensorInfo
}
