import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import { bestTfjsBuild, type TfjsBuild } from './builds.js'
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput } from './convolution.js'
import { sumOverFirstAxes, tanh } from './elementwise.js'
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

export interface TrainingKernelOptions {
  /**
   * Which build of the kernels.
   * @default the fastest that the JavaScript engine takes
   */
  readonly build?: TfjsBuild
}

/** @returns undefined for what stays with upstream */
type Replacement<Place> = (place: Place, call: Call, tf: TensorFlow) => TensorInfo | undefined

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
}

const PLAIN: Readonly<Record<string, Replacement<WasmBackend>>> = {
  Conv2DBackpropFilter: plainConv2DBackpropFilter,
  MaxPoolGrad: plainMaxPoolGrad,
}

/** Of the kernels that are installed, by the first of them. */
const installed = new WeakMap<KernelConfig, () => () => void>()

/**
 * Gives TensorFlow.js's wasm backend the training kernels that it lacks, is slow at or gets wrong. What they do not cover (other layouts
 * than NHWC, dilated kernels, other numbers than float32) stays with upstream. Before or after the backend is started, and also when it
 * is removed and started anew. Installed twice, they stay until both are undone.
 *
 * @param tf the namespace of the tfjs-core that the wasm backend is registered with
 * @returns puts upstream's kernels back, and gives the memory back that these took
 * @throws TensorFlowError for another version of TensorFlow.js than 4.22, or where the wasm backend is not imported; so does
 * `tf.setBackend('wasm')` where the backend started then lacks what these kernels use of it
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
  // A backend that cannot take them says so now, with nothing changed.
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

function replacement<Place>(
  tf: TensorFlow,
  kernelName: string,
  kernel: Replacement<Place>,
  place: (backend: WasmBackend) => Place,
): KernelConfig {
  const theirs: KernelConfig | undefined = tf.getKernel(kernelName, 'wasm')
  return {
    ...theirs,
    kernelName,
    backendName: 'wasm',
    setupFunc(backend) {
      theirs?.setupFunc?.(backend)
      place(backend as unknown as WasmBackend)
    },
    kernelFunc(call) {
      const output =
        kernel(place(call.backend as WasmBackend), call, tf) ?? theirs?.kernelFunc(call)
      if (output === undefined)
        throw new TensorFlowError(`${kernelName} on wasm: only NHWC and float32 are supported`)
      return output
    },
  }
}

/** @returns puts upstream's back */
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
