import type { LayerInfo } from '@mnist-lab/models'
import { createStream, fillDropoutMask } from '@mnist-lab/core'
import type { Arena, Tensor } from './arena.js'

/** What a pass is: a layer may ask whether it trains, at which step and on how many samples. */
export interface Pass {
  readonly arena: Arena
  readonly training: boolean
  readonly seed: number
  readonly step: number
  readonly size: number
  /** See TfjsEngine. */
  readonly transposesFirst: boolean
}

export interface LayerGradients {
  /** Absent when the layer is the first that has parameters: nobody needs it. */
  readonly dx?: Tensor
  /** In the order of the layer's parameters. */
  readonly parameters: readonly Tensor[]
}

/**
 * One layer as TensorFlow.js kernels. `forward` remembers what `backward` of the same pass needs.
 * Features behind a flatten are held as [1, n, features], the rank that the matrix product kernels take.
 */
export interface LayerProgram {
  /** Every kernel that a training step may run. */
  readonly kernels: readonly string[]
  forward(pass: Pass, x: Tensor, parameters: readonly Tensor[]): Tensor
  backward(
    pass: Pass,
    dy: Tensor,
    parameters: readonly Tensor[],
    needsInputGradient: boolean,
  ): LayerGradients
}

/** @param index position in the spec, which numbers the layer's dropout masks */
export function layerProgram(info: LayerInfo, index: number): LayerProgram {
  switch (info.layer.type) {
    case 'conv2d':
      return conv2d(info)
    case 'dense':
      return dense()
    case 'avgPool2d':
      return pool2d(info, 'AvgPool', 'AvgPoolGrad')
    case 'maxPool2d':
      return pool2d(info, 'MaxPool', 'MaxPoolGrad')
    case 'tanh':
      return tanh()
    case 'relu':
      return relu()
    case 'dropout':
      return dropout(info, info.layer.rate, index)
    case 'flatten':
      return flatten(info)
    // The loss and predict() apply it on the host, from the logits.
    case 'softmax':
      return identity()
  }
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

function dense(): LayerProgram {
  let input: Tensor
  return {
    kernels: ['_FusedMatMul', 'BatchMatMul', 'Transpose', ...columnSumKernels],
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

/** Sum over every axis but the last: the gradient of a bias. */
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

function tanh(): LayerProgram {
  let y: Tensor
  return {
    kernels: ['Tanh', 'Multiply', 'Sub'],
    forward({ arena }, x) {
      y = arena.run('Tanh', { x })
      return y
    },
    // dx = dy · (1 − y²) = dy − dy · y · y, which needs no constant tensor.
    backward({ arena }, dy) {
      const square = arena.run('Multiply', { a: y, b: y })
      const lost = arena.run('Multiply', { a: dy, b: square })
      return { dx: arena.run('Sub', { a: dy, b: lost }), parameters: [] }
    },
  }
}

function relu(): LayerProgram {
  let y: Tensor
  return {
    kernels: ['Relu', 'Step', 'Multiply'],
    forward({ arena }, x) {
      y = arena.run('Relu', { x })
      return y
    },
    backward({ arena }, dy) {
      const open = arena.run('Step', { x: y }, { alpha: 0 })
      return { dx: arena.run('Multiply', { a: dy, b: open }), parameters: [] }
    },
  }
}

function dropout(info: LayerInfo, rate: number, index: number): LayerProgram {
  if (rate === 0) return identity()
  const features = info.outputShape.reduce((product, side) => product * side, 1)
  let mask: Tensor | undefined
  return {
    kernels: ['Multiply'],
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
    forward: (_pass, x) => x,
    backward: (_pass, dy) => ({ dx: dy, parameters: [] }),
  }
}
