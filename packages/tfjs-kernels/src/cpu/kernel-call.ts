import type * as tfjs from '@tensorflow/tfjs-core'

/** What the pack uses of TensorFlow.js: hand in the whole namespace. */
export type TensorFlow = Pick<
  typeof tfjs,
  'backend_util' | 'getKernel' | 'registerKernel' | 'unregisterKernel'
>

export type KernelCall = Parameters<tfjs.KernelFunc>[0]

/** Computes a call of a kernel, or returns undefined to leave it to the engine's own kernel. */
export type TrainingKernel = (
  call: KernelCall,
  util: TensorFlow['backend_util'],
) => tfjs.TensorInfo | undefined

/** What is used of the cpu backend beyond its published type. */
interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: unknown } }
  makeTensorInfo(shape: readonly number[], dtype: 'float32', values: Float32Array): tfjs.TensorInfo
}

export interface FloatTensor {
  readonly shape: readonly number[]
  /** The backend's own array. */
  readonly values: Float32Array
}

/** An input of a kernel; undefined when it is absent or of another type. */
export function floatInput({ inputs, backend }: KernelCall, name: string): FloatTensor | undefined {
  const tensor = inputs[name]
  if (tensor?.dtype !== 'float32') return undefined
  const { values } = (backend as CpuBackend).data.get(tensor.dataId)
  return values instanceof Float32Array ? { shape: tensor.shape, values } : undefined
}

/** @param values become the tensor's */
export function floatOutput(
  { backend }: KernelCall,
  shape: readonly number[],
  values: Float32Array,
): tfjs.TensorInfo {
  return (backend as CpuBackend).makeTensorInfo(shape, 'float32', values)
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
