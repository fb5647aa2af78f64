import type { Kernels } from '@mnist-lab/kernels'
import type { LayerInfo } from '@mnist-lab/models'
import { dropoutLevels, streamWords } from '@mnist-lab/random'
import { type Activation, type Allocator, type Border, createActivation, LANES } from './activation.js'

/** What a pass is. */
export interface Pass {
  readonly kernels: Kernels
  readonly heap: Float32Array
  readonly training: boolean
  readonly seed: number
  readonly step: number
  /** Samples in the batch. */
  readonly size: number
  /** That hold them; the others are left alone. */
  readonly blocks: number
}

/** A layer in its place: its input, output and parameters have addresses. */
export interface LayerProgram {
  readonly output: Activation
  readonly hasParameters: boolean
  readonly forward: (pass: Pass) => void
  /** Turns the output's gradient into the input's, and those of the parameters. */
  readonly backward: (pass: Pass) => void
}

/** Where a layer stands. */
export interface LayerPlan {
  readonly memory: Allocator
  /** For the largest batch. */
  readonly blocks: number
  readonly info: LayerInfo
  /** In the spec, which numbers the dropout masks. */
  readonly index: number
  readonly x: Activation
  /** Around the output, for the next convolution. */
  readonly border: Border
}

/** The regions' addresses, and the layer's offsets in them. */
export interface ParameterRegions {
  readonly kernel: number
  readonly bias: number
  readonly weights: number
  readonly gradients: number
}

/** A dense layer is a convolution whose kernel is as large as the image. */
export function convolution({ memory, blocks: most, info, x, border }: LayerPlan, at: ParameterRegions, needsInputGradient: boolean): LayerProgram {
  const { layer, outputShape, window } = info
  const dense = layer.type === 'dense'
  const outputs = outputShape.at(-1)!
  const [height, width] = dense ? [1, 1] : outputShape as [number, number]
  const [kernelHeight, kernelWidth] = dense ? [x.height, x.width] : window!.size
  const [strideHeight, strideWidth] = dense ? [1, 1] : window!.stride
  const { top, left } = dense ? { top: 0, left: 0 } : window!.padding
  const y = createActivation(memory, most, [height, width, outputs], border)
  const area = kernelHeight * kernelWidth
  const forwardWeights = memory.take(Math.ceil(outputs / 4) * x.channels * area * 16)
  const backwardWeights = needsInputGradient ? memory.take(Math.ceil(x.channels / 4) * area * outputs * 16) : 0
  const transposed = memory.take(most * height * width * LANES * Math.ceil(outputs / 8) * 8 * 4)
  const [kernel, bias] = [at.weights + at.kernel, at.weights + at.bias]
  // A whole image without a border is one run of taps.
  const taps = dense ? [1, 1, x.channels * area] as const : [x.channels, kernelHeight, kernelWidth] as const
  return {
    output: y,
    hasParameters: true,
    forward({ kernels, blocks }) {
      kernels.packForward(kernel, forwardWeights, area, x.channels, outputs)
      kernels.convForward(x.origin, x.block, x.channel, x.row, forwardWeights, bias, y.inner, y.block, y.channel, y.row,
        blocks, taps[0], outputs, height, width, taps[1], taps[2], strideHeight, strideWidth)
    },
    backward({ kernels, blocks }) {
      kernels.transposeGradient(y.gradient, transposed, blocks, outputs, height * width)
      kernels.convBackwardWeights(x.origin, x.block, x.channel, x.row, transposed, at.gradients + at.kernel,
        blocks, x.channels, outputs, height, width, kernelHeight, kernelWidth, strideHeight, strideWidth)
      kernels.biasGradient(transposed, at.gradients + at.bias, blocks * height * width * LANES, outputs)
      if (!needsInputGradient) return
      kernels.packBackward(kernel, backwardWeights, area, x.channels, outputs)
      kernels.convBackwardData(y.gradient, backwardWeights, x.gradient, blocks, x.channels, x.height, x.width,
        outputs, height, width, kernelHeight, kernelWidth, strideHeight, strideWidth, top, left)
    },
  }
}

export function pooling({ memory, blocks: most, info, x, border }: LayerPlan, type: 'avgPool2d' | 'maxPool2d'): LayerProgram {
  const [height, width] = info.outputShape as [number, number]
  const [poolHeight, poolWidth] = info.window!.size
  const [strideHeight, strideWidth] = info.window!.stride
  const y = createActivation(memory, most, [height, width, x.channels], border)
  const forward = type === 'avgPool2d' ? 'avgPoolForward' : 'maxPoolForward'
  return {
    output: y,
    hasParameters: false,
    forward({ kernels, blocks }) {
      kernels[forward](x.inner, x.block, x.channel, x.row, y.inner, y.block, y.channel, y.row,
        blocks, x.channels, height, width, poolHeight, poolWidth, strideHeight, strideWidth)
    },
    backward({ kernels, heap, blocks }) {
      heap.fill(0, x.gradient / 4, (x.gradient + blocks * x.gradientBlock) / 4)
      if (type === 'avgPool2d') {
        kernels.avgPoolBackward(y.gradient, x.gradient, blocks * x.channels, x.height, x.width, height, width,
          poolHeight, poolWidth, strideHeight, strideWidth)
      } else {
        kernels.maxPoolBackward(x.inner, x.block, x.channel, x.row, y.gradient, x.gradient,
          blocks, x.channels, x.height, x.width, height, width, poolHeight, poolWidth, strideHeight, strideWidth)
      }
    },
  }
}

/**
 * tanh and relu, in their input's place: the layer before needs its output no more. Only after another such function, which does,
 * in a place of their own. Both leave a border of zeros as it is.
 */
export function elementwise({ memory, blocks: most, x, border }: LayerPlan, type: 'tanh' | 'relu', ownPlace: boolean): LayerProgram {
  const y = ownPlace ? createActivation(memory, most, [x.height, x.width, x.channels], border, x.gradient) : x
  const forward = type === 'tanh' ? 'tanhInPlace' : 'reluInPlace'
  const backward = type === 'tanh' ? 'tanhBackward' : 'reluBackward'
  return {
    output: y,
    hasParameters: false,
    forward({ kernels, heap, blocks }) {
      if (ownPlace) copy(heap, x, y, blocks)
      kernels[forward](y.origin, (blocks * y.block) / 4)
    },
    backward({ kernels, blocks }) {
      kernels[backward](y.inner, y.block, y.channel, y.row, y.gradient, blocks, y.channels, y.height, y.width)
    },
  }
}

/** Not in place: what an activation function left must stay for its backward pass. */
export function dropout({ memory, blocks: most, x, border, index }: LayerPlan, rate: number): LayerProgram {
  const { channels, height, width } = x
  const y = createActivation(memory, most, [height, width, channels], border, x.gradient)
  const mask = memory.take(most * x.gradientBlock)
  const positions = height * width
  const { threshold, scale } = dropoutLevels(rate)
  return {
    output: y,
    hasParameters: false,
    forward({ kernels, heap, training, seed, step, size, blocks }) {
      if (!training) return copy(heap, x, y, blocks)
      const { purpose, key0, key1 } = streamWords(seed, 'dropout', index)
      kernels.dropoutMask(mask, size, positions, channels, step, purpose, key0, key1, threshold, scale)
      kernels.multiplyInto(x.inner, y.inner, y.block, y.channel, y.row, mask, blocks, channels, height, width)
    },
    backward({ kernels, blocks }) {
      kernels.multiplyInto(y.gradient, y.gradient, y.gradientBlock, positions * LANES * 4, width * LANES * 4, mask, blocks, channels, height, width)
    },
  }
}

function copy(heap: Float32Array, from: Activation, to: Activation, blocks: number): void {
  heap.copyWithin(to.origin / 4, from.origin / 4, (from.origin + blocks * from.block) / 4)
}
