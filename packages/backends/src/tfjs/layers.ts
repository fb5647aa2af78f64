import { createStream, fillDropoutMask, sizeOf } from '@mnist-lab/core'
import type { Layer, LayerInfo } from '@mnist-lab/models'
import type { Arena, Tensor } from './arena.js'

/** One pass over a model: whether it trains, at which step and on how many samples. */
export interface Pass {
  readonly arena: Arena
  readonly training: boolean
  readonly seed: number
  readonly step: number
  readonly size: number
  /** See `TfjsEngine`. */
  readonly transposesFirst: boolean
}

interface LayerGradients {
  /**
   * The gradient of the layer's input. The first layer that has parameters leaves it out, because
   * nothing needs it.
   */
  readonly dx?: Tensor
  /** The gradients of the layer's parameters, in their order. */
  readonly parameters: readonly Tensor[]
}

/**
 * One layer as TensorFlow.js kernels. `forward` remembers what `backward` of the same pass needs.
 * Features behind a flatten are held as [1, n, features], because that is the rank that the matrix
 * product kernels take.
 */
export interface LayerProgram {
  /** Every kernel that a training step may run. */
  readonly kernels: readonly string[]
  /** Says how many parameter tensors the layer has. @default 0 */
  readonly parameters?: number
  /**
   * Says how many numbers the new tensors of each pass hold for one sample, without the gradients
   * of parameters. They all live until the end of the step.
   */
  readonly numbers: { readonly forward: number; readonly backward: number }
  forward(pass: Pass, x: Tensor, parameters: readonly Tensor[]): Tensor
  backward(
    pass: Pass,
    dy: Tensor,
    parameters: readonly Tensor[],
    needsInputGradient: boolean,
  ): LayerGradients
}

/**
 * Creates the forward and backward pass of one layer.
 *
 * @param index the layer's position in the spec, which numbers its dropout masks
 */
export function layerProgram(info: LayerInfo, index: number): LayerProgram {
  return LAYERS[info.layer.type](info, index)
}

/**
 * Every layer type's forward pass, backward pass and kernels. A new layer type is added here and
 * nowhere else in tfjs/.
 */
const LAYERS: Readonly<Record<Layer['type'], (info: LayerInfo, index: number) => LayerProgram>> = {
  conv2d,
  dense,
  avgPool2d: (info) => pool2d(info, 'AvgPool', 'AvgPoolGrad'),
  maxPool2d: (info) => pool2d(info, 'MaxPool', 'MaxPoolGrad'),
  // dx = dy · (1 − y²) = dy − dy · y · y, which needs no constant tensor.
  tanh: (info) =>
    activation(info, 'Tanh', ['Multiply', 'Multiply', 'Sub'], (arena, y, dy) => {
      const square = arena.run('Multiply', { a: y, b: y })
      const lost = arena.run('Multiply', { a: dy, b: square })
      return arena.run('Sub', { a: dy, b: lost })
    }),
  relu: (info) =>
    activation(info, 'Relu', ['Step', 'Multiply'], (arena, y, dy) => {
      const open = arena.run('Step', { x: y }, { alpha: 0 })
      return arena.run('Multiply', { a: dy, b: open })
    }),
  dropout,
  flatten,
  // The loss and `predict` apply it on the host, to the logits.
  softmax: identity,
}

function conv2d(info: LayerInfo): LayerProgram {
  if (info.window === undefined) throw new Error(`${info.name}: no window`)
  const { stride, padding } = info.window
  const pad = [
    [0, 0],
    [padding.top, padding.bottom],
    [padding.left, padding.right],
    [0, 0],
  ]
  const attributes = { strides: [...stride], pad, dataFormat: 'NHWC' }
  let input: Tensor
  return {
    kernels: ['FusedConv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput', ...columnSumKernels],
    parameters: 2,
    numbers: { forward: sizeOf(info.outputShape), backward: sizeOf(info.inputShape) },
    forward({ arena }, x, [filter, bias]) {
      input = x
      return arena.run(
        'FusedConv2D',
        { x, filter: filter!, bias: bias! },
        { ...attributes, dilations: [1, 1], activation: 'linear' },
      )
    },
    backward({ arena }, dy, [filter], needsInputGradient) {
      const dFilter = arena.run(
        'Conv2DBackpropFilter',
        { x: input, dy },
        { ...attributes, filterShape: filter!.shape },
      )
      const parameters = [dFilter, columnSum(arena, dy)]
      if (!needsInputGradient) return { parameters }
      const dx = arena.run(
        'Conv2DBackpropInput',
        { dy, filter: filter! },
        { ...attributes, inputShape: input.shape },
      )
      return { dx, parameters }
    },
  }
}

function dense(info: LayerInfo): LayerProgram {
  let input: Tensor
  return {
    kernels: ['_FusedMatMul', 'BatchMatMul', 'Transpose', ...columnSumKernels],
    parameters: 2,
    numbers: { forward: sizeOf(info.outputShape), backward: sizeOf(info.inputShape) },
    forward({ arena }, x, [kernel, bias]) {
      input = x
      return arena.run(
        '_FusedMatMul',
        { a: x, b: kernel!, bias: bias! },
        { transposeA: false, transposeB: false, activation: 'linear' },
      )
    },
    backward(pass, dy, [kernel], needsInputGradient) {
      const parameters = [product(pass, input, dy, 'a'), columnSum(pass.arena, dy)]
      return needsInputGradient
        ? { dx: product(pass, dy, kernel!, 'b'), parameters }
        : { parameters }
    },
  }
}

function product(
  { arena, transposesFirst }: Pass,
  a: Tensor,
  b: Tensor,
  transposed: 'a' | 'b',
): Tensor {
  const [transposeA, transposeB] = [transposed === 'a', transposed === 'b']
  if (!transposesFirst) return arena.run('BatchMatMul', { a, b }, { transposeA, transposeB })
  const transpose = (x: Tensor) => arena.run('Transpose', { x }, { perm: [0, 2, 1] })
  return arena.run(
    'BatchMatMul',
    { a: transposeA ? transpose(a) : a, b: transposeB ? transpose(b) : b },
    { transposeA: false, transposeB: false },
  )
}

const columnSumKernels = ['Sum']

/** Sums over every axis but the last, which gives the gradient of a bias. */
function columnSum(arena: Arena, dy: Tensor): Tensor {
  return arena.run(
    'Sum',
    { x: dy },
    { axis: dy.shape.map((_, axis) => axis).slice(0, -1), keepDims: false },
  )
}

function pool2d(info: LayerInfo, kernel: string, gradientKernel: string): LayerProgram {
  if (info.window === undefined) throw new Error(`${info.name}: no window`)
  const attributes = {
    filterSize: [...info.window.size],
    strides: [...info.window.stride],
    pad: 'valid',
  }
  let input: Tensor
  let output: Tensor
  return {
    kernels: [kernel, gradientKernel],
    numbers: { forward: sizeOf(info.outputShape), backward: sizeOf(info.inputShape) },
    forward({ arena }, x) {
      input = x
      output = arena.run(kernel, { x }, attributes)
      return output
    },
    backward({ arena }, dy) {
      return { dx: arena.run(gradientKernel, { dy, input, output }, attributes), parameters: [] }
    },
  }
}

/**
 * Creates an activation function's program.
 *
 * @param kernel computes y from x
 * @param gradientKernels the kernel of each call in `gradient`
 * @param gradient computes dx from y and dy
 */
function activation(
  info: LayerInfo,
  kernel: string,
  gradientKernels: readonly string[],
  gradient: (arena: Arena, y: Tensor, dy: Tensor) => Tensor,
): LayerProgram {
  const size = sizeOf(info.outputShape)
  let y: Tensor
  return {
    kernels: [kernel, ...gradientKernels],
    numbers: { forward: size, backward: size * gradientKernels.length },
    forward({ arena }, x) {
      y = arena.run(kernel, { x })
      return y
    },
    backward: ({ arena }, dy) => ({ dx: gradient(arena, y, dy), parameters: [] }),
  }
}

function dropout(info: LayerInfo, index: number): LayerProgram {
  const rate = info.layer.type === 'dropout' ? info.layer.rate : 0
  if (rate === 0) return identity()
  const features = sizeOf(info.outputShape)
  let mask: Tensor | undefined
  return {
    kernels: ['Multiply'],
    numbers: { forward: 2 * features, backward: features },
    forward({ arena, training, seed, step, size }, x) {
      mask = undefined
      if (!training) return x
      const values = new Float32Array(size * features)
      fillDropoutMask(createStream(seed, 'dropout', index, step), values, rate)
      mask = arena.tensor(values, x.shape)
      return arena.run('Multiply', { a: x, b: mask })
    },
    backward({ arena }, dy) {
      if (mask === undefined) throw new Error('dropout: backward without a training forward')
      return { dx: arena.run('Multiply', { a: dy, b: mask }), parameters: [] }
    },
  }
}

function flatten(info: LayerInfo): LayerProgram {
  const features = info.outputShape[0]!
  let shape: readonly number[]
  return {
    kernels: ['Reshape'],
    // The tensors share the memory of the layer's input and of its gradient.
    numbers: { forward: 0, backward: 0 },
    forward({ arena, size }, x) {
      shape = x.shape
      return arena.run('Reshape', { x }, { shape: [1, size, features] })
    },
    backward({ arena }, dy) {
      return { dx: arena.run('Reshape', { x: dy }, { shape: [...shape] }), parameters: [] }
    },
  }
}

function identity(): LayerProgram {
  return {
    kernels: [],
    numbers: { forward: 0, backward: 0 },
    forward: (_pass, x) => x,
    backward: (_pass, dy) => ({ dx: dy, parameters: [] }),
  }
}
