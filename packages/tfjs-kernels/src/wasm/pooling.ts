import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { Heap } from './heap.js'
import type { Call, TensorFlow } from './tensorflow.js'

interface PoolAttrs {
  readonly filterSize: number | [number, number]
  readonly strides: number | [number, number]
  readonly pad: Parameters<typeof backend_util.computePool2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/**
 * Describes a pooling of [image, row, column, channel] without dilation, the only kind whose
 * gradients TensorFlow.js has.
 */
export function poolInfo(tf: TensorFlow, x: TensorInfo, attrs: object): backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as PoolAttrs
  return tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
}

/** Returns a pooling's numbers in the order in which the kernels take them. */
function numbersOf(info: backend_util.Conv2DInfo): readonly number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ]
}

/** Computes `AvgPoolGrad`; see `assembly/pool.ts`. */
export function avgPoolGrad(
  heap: Heap,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
  if (dy.dtype !== 'float32') return undefined
  const output = heap.output(input.shape)
  heap.kernels.avgPoolGrad(heap.at(dy), heap.at(output), ...numbersOf(poolInfo(tf, input, attrs!)))
  return output
}

/** Computes `MaxPoolGrad`; see `assembly/pool.ts`. */
export function maxPoolGrad(
  heap: Heap,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo }
  if (dy.dtype !== 'float32' || input.dtype !== 'float32') return undefined
  const output = heap.output(input.shape)
  heap.kernels.maxPoolGrad(
    heap.at(input),
    heap.at(dy),
    heap.at(output),
    ...numbersOf(poolInfo(tf, input, attrs!)),
  )
  return output
}
