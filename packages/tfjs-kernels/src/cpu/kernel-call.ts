import type * as tfjs from '@tensorflow/tfjs-core'

/** The part of TensorFlow.js that these kernels use. Pass the whole namespace. */
export type TensorFlow = Pick<
  typeof tfjs,
  'backend_util' | 'getKernel' | 'registerKernel' | 'unregisterKernel'
>

/** The arguments that a kernel is called with. */
export type KernelCall = Parameters<tfjs.KernelFunc>[0]

/** Computes a call of a kernel, or returns undefined to leave it to TensorFlow.js's own kernel. */
export type TrainingKernel = (
  call: KernelCall,
  util: TensorFlow['backend_util'],
) => tfjs.TensorInfo | undefined

/** The part of the cpu backend that these kernels use although its published type lacks it. */
interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: unknown } }
  makeTensorInfo(shape: readonly number[], dtype: 'float32', values: Float32Array): tfjs.TensorInfo
}

/** A float32 tensor. */
export interface FloatTensor {
  readonly shape: readonly number[]
  /** The backend's own array. */
  readonly values: Float32Array
}

/** Returns an input of a kernel, or undefined when it is absent or not float32. */
export function floatInput({ inputs, backend }: KernelCall, name: string): FloatTensor | undefined {
  const tensor = inputs[name]
  if (tensor?.dtype !== 'float32') return undefined
  const { values } = (backend as CpuBackend).data.get(tensor.dataId)
  return values instanceof Float32Array ? { shape: tensor.shape, values } : undefined
}

/**
 * Creates a kernel's output.
 *
 * @param values become the tensor's own array
 */
export function floatOutput(
  { backend }: KernelCall,
  shape: readonly number[],
  values: Float32Array,
): tfjs.TensorInfo {
  return (backend as CpuBackend).makeTensorInfo(shape, 'float32', values)
}
