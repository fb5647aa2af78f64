import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import { bestTfjsBuild, type TfjsBuild } from './builds.js'
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput } from './convolution.js'
import { addAndFlush, sumOverFirstAxes, tanh } from './elementwise.js'
import { Heap } from './heap.js'
import { plainConv2DBackpropFilter, plainMaxPoolGrad } from './plain.js'
import { avgPoolGrad, maxPoolGrad } from './pooling.js'
import { matMul } from './products.js'
import {
  type Call,
  checkTensorFlow,
  type TensorFlow,
  TensorFlowError,
  type WasmBackend,
} from './tensorflow.js'

/** Options of {@link installTrainingKernels}. */
export interface TrainingKernelOptions {
  /**
   * Selects the build of the kernels.
   * @default the fastest build that the JavaScript engine can run
   */
  readonly build?: TfjsBuild
}

/**
 * A kernel that works in `Target`. It returns undefined for calls that TensorFlow.js's own kernel
 * has to compute.
 */
type Replacement<Target> = (target: Target, call: Call, tf: TensorFlow) => TensorInfo | undefined

const SIMD: Readonly<Record<string, Replacement<Heap>>> = {
  Conv2DBackpropFilter: conv2DBackpropFilter,
  Conv2DBackpropInput: conv2DBackpropInput,
  Conv2D: conv2D,
  FusedConv2D: conv2D,
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  AvgPoolGrad: avgPoolGrad,
  MaxPoolGrad: maxPoolGrad,
  Tanh: tanh,
  Sum: sumOverFirstAxes,
  AddAndFlush: addAndFlush,
}

const PLAIN: Readonly<Record<string, Replacement<WasmBackend>>> = {
  Conv2DBackpropFilter: plainConv2DBackpropFilter,
  MaxPoolGrad: plainMaxPoolGrad,
}

/** The installations, by the first kernel of each. */
const installed = new WeakMap<KernelConfig, () => () => void>()

/**
 * Gives TensorFlow.js's wasm backend the training kernels that it lacks, computes slowly or
 * computes wrongly.
 *
 * Calls that they do not cover (layouts other than NHWC, dilated kernels, numbers other than
 * float32) stay with TensorFlow.js's own kernels. They can be installed before or after the backend
 * is started, and stay when it is removed and started again. Installed twice, they stay until both
 * installations are undone.
 *
 * @param tf the namespace of the tfjs-core that the wasm backend is registered with
 * @returns a function that puts TensorFlow.js's own kernels back, and frees the memory that these
 * kernels took
 * @throws TensorFlowError for a version of TensorFlow.js other than 4.22, or if the wasm backend is
 * not imported. If the backend is started later and lacks members that these kernels use,
 * `tf.setBackend('wasm')` throws it
 */
export function installTrainingKernels(
  tf: TensorFlow,
  { build = bestTfjsBuild() }: TrainingKernelOptions = {},
): () => void {
  const again = tf.getKernel('Conv2DBackpropFilter', 'wasm')
  const join = again === undefined ? undefined : installed.get(again)
  if (join !== undefined) return join()
  checkTensorFlow(tf)

  let heap: Heap | undefined
  const heapOf = (backend: WasmBackend, simd: Exclude<TfjsBuild, 'plain'>): Heap => {
    if (heap?.backend !== backend) heap = new Heap(backend, simd)
    return heap
  }
  const configs =
    build === 'plain'
      ? Object.entries(PLAIN).map(([name, kernel]) =>
          replacement(tf, name, kernel, (backend) => backend),
        )
      : Object.entries(SIMD).map(([name, kernel]) =>
          replacement(tf, name, kernel, (backend) => heapOf(backend, build)),
        )
  // If the kernels do not fit a running backend, this throws before anything has changed.
  if (build !== 'plain' && tf.getBackend() === 'wasm')
    heapOf(tf.backend() as unknown as WasmBackend, build)
  const restore = configs.map((config) => replace(tf, config))

  let users = 0
  const use = () => {
    users++
    let used = true
    return () => {
      if (!used) return
      used = false
      if (--users > 0) return
      for (const undo of restore) undo()
      heap?.free()
      heap = undefined
    }
  }
  installed.set(configs[0]!, use)
  return use()
}

function replacement<Target>(
  tf: TensorFlow,
  kernelName: string,
  kernel: Replacement<Target>,
  targetOf: (backend: WasmBackend) => Target,
): KernelConfig {
  const theirs: KernelConfig | undefined = tf.getKernel(kernelName, 'wasm')
  return {
    ...theirs,
    kernelName,
    backendName: 'wasm',
    setupFunc(backend) {
      theirs?.setupFunc?.(backend)
      targetOf(backend as unknown as WasmBackend)
    },
    kernelFunc(call) {
      const output =
        kernel(targetOf(call.backend as WasmBackend), call, tf) ?? theirs?.kernelFunc(call)
      if (output === undefined)
        throw new TensorFlowError(`${kernelName} on wasm: only NHWC and float32 are supported`)
      return output
    },
  }
}

/** @returns a function that puts TensorFlow.js's own kernel back */
function replace(tf: TensorFlow, config: KernelConfig): () => void {
  const { kernelName, backendName } = config
  const theirs: KernelConfig | undefined = tf.getKernel(kernelName, backendName)
  if (theirs !== undefined) tf.unregisterKernel(kernelName, backendName)
  tf.registerKernel(config)
  return () => {
    tf.unregisterKernel(kernelName, backendName)
    if (theirs !== undefined) tf.registerKernel(theirs)
  }
}
