import { sum, transpose } from './axes.js'
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from './convolution.js'
import { add, addAndFlush, multiply, realDiv, relu, step, sub, tanh } from './elementwise.js'
import type { KernelCall, TensorFlow, TrainingKernel } from './kernel-call.js'
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from './pooling.js'
import { matmul } from './products.js'

const KERNELS: Readonly<Record<string, TrainingKernel>> = {
  Conv2D: conv2d,
  FusedConv2D: conv2d,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  BatchMatMul: matmul,
  _FusedMatMul: matmul,
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  Add: add,
  Sub: sub,
  Multiply: multiply,
  RealDiv: realDiv,
  Relu: relu,
  Step: step,
  Tanh: tanh,
  Sum: sum,
  Transpose: transpose,
}

/**
 * Replaces the kernels of TensorFlow.js's cpu backend that training spends its time in. They
 * compute float32 tensors and NHWC images; TensorFlow.js's own kernels compute every other call.
 * They are written for TensorFlow.js 4.22. One more kernel, `AddAndFlush`, is added.
 *
 * @param tf the whole namespace of the copy of `@tensorflow/tfjs` (or `tfjs-core`) that the model
 * uses, with the cpu backend imported
 * @returns a function that puts TensorFlow.js's own kernels back; calling it again has no effect
 * @throws Error when the cpu backend has not been imported
 */
export function installTrainingKernels(tf: TensorFlow): () => void {
  const undo = Object.entries(KERNELS).flatMap(([kernelName, kernel]) => {
    const theirs = tf.getKernel(kernelName, 'cpu')
    // A bundle may contain only the kernels that it uses.
    if (theirs === undefined) return []
    const ours = {
      ...theirs,
      kernelFunc: (call: KernelCall) => kernel(call, tf.backend_util) ?? theirs.kernelFunc(call),
    }
    const replace = (old: typeof theirs, other: typeof theirs) => {
      tf.unregisterKernel(kernelName, old.backendName)
      tf.registerKernel(other)
    }
    replace(theirs, ours)
    return [
      () => {
        // A kernel that somebody else has installed in the meantime stays.
        if (tf.getKernel(kernelName, 'cpu') === ours) replace(ours, theirs)
      },
    ]
  })
  if (undo.length === 0)
    throw new Error(
      'installTrainingKernels: no kernels of the cpu backend; import @tensorflow/tfjs-backend-cpu first',
    )
  undo.push(registerAddAndFlush(tf))
  return () => {
    for (const restore of undo.splice(0)) restore()
  }
}

/**
 * Registers the kernel that TensorFlow.js does not have.
 *
 * @returns a function that removes it
 */
function registerAddAndFlush(tf: TensorFlow): () => void {
  const kernelName = 'AddAndFlush'
  if (tf.getKernel(kernelName, 'cpu') !== undefined) return () => {}
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc(call) {
      const sum = addAndFlush(call, tf.backend_util)
      if (sum === undefined) throw new Error(`${kernelName}: expected two float32 tensors`)
      return sum
    },
  })
  return () => tf.unregisterKernel(kernelName, 'cpu')
}
