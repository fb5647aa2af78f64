import type { LayerInfo } from '@mnist-lab/models'
import { type Activation, Allocator, type Border, createActivation, LANES, NO_BORDER } from './activation.js'
import { convolution, dropout, elementwise, type LayerProgram, pooling } from './layers.js'

/** Where a parameter tensor lies in the three regions of weights, velocity and gradients. */
export interface ParameterPlace {
  /** Bytes from the beginning of each region. */
  readonly offset: number
  /** Numbers. */
  readonly count: number
}

/** Everything that a training step does, and where: planned once, for the largest batch. */
export interface Program {
  readonly bytes: number
  /** Images as they come, [n, height, width, channels]. */
  readonly images: number
  readonly input: Activation
  readonly logits: Activation
  /** In the order of the spec's layers; layers that compute nothing are left out. */
  readonly layers: readonly LayerProgram[]
  readonly parameters: readonly ParameterPlace[]
  readonly regions: { readonly weights: number, readonly velocity: number, readonly gradients: number, readonly count: number }
}

export function planProgram(infos: readonly LayerInfo[], batchSize: number): Program {
  const memory = new Allocator()
  const blocks = Math.ceil(batchSize / LANES)
  const parameters = placeParameters(infos)
  const count = parameters.reduce((end, { offset, count: length }) => Math.max(end, offset / 4 + padded(length)), 0)
  const regions = { weights: memory.take(count * 4), velocity: memory.take(count * 4), gradients: memory.take(count * 4), count }
  const inputShape = infos[0]!.inputShape as [number, number, number]
  const images = memory.take(blocks * LANES * inputShape[0] * inputShape[1] * inputShape[2] * 4)
  const input = createActivation(memory, blocks, inputShape, borderBefore(infos, 0))
  let x = input
  /** Whether x holds what an activation function made of it: its backward pass needs that to stay. */
  let activated = false
  let next = 0
  const layers: LayerProgram[] = []
  for (const [index, info] of infos.entries()) {
    const border = borderBefore(infos, index + 1)
    const { layer } = info
    if (layer.type === 'flatten' || layer.type === 'softmax' || (layer.type === 'dropout' && layer.rate === 0)) continue
    const plan = { memory, blocks, info, index, x, border }
    let program: LayerProgram
    if (layer.type === 'conv2d' || layer.type === 'dense') {
      const [kernel, bias] = [parameters[next]!, parameters[next + 1]!]
      program = convolution(plan, { kernel: kernel.offset, bias: bias.offset, ...regions }, next > 0)
      next += 2
    } else if (layer.type === 'avgPool2d' || layer.type === 'maxPool2d') {
      program = pooling(plan, layer.type)
    } else if (layer.type === 'dropout') {
      program = dropout(plan, layer.rate)
    } else {
      program = elementwise(plan, layer.type, activated)
    }
    activated = layer.type === 'tanh' || layer.type === 'relu'
    layers.push(program)
    x = program.output
  }
  return { bytes: memory.bytes, images, input, logits: x, layers, parameters, regions }
}

/** Each begins at a multiple of 4 numbers: kernels read and update vectors. */
function placeParameters(infos: readonly LayerInfo[]): ParameterPlace[] {
  let offset = 0
  return infos.flatMap(({ layer, inputShape, outputShape, window }) => {
    if (layer.type !== 'conv2d' && layer.type !== 'dense') return []
    const inputs = layer.type === 'dense' ? inputShape[0]! : window!.size[0] * window!.size[1] * inputShape[2]!
    const outputs = outputShape.at(-1)!
    return [inputs * outputs, outputs].map((count) => {
      const place = { offset, count }
      offset += padded(count) * 4
      return place
    })
  })
}

function padded(count: number): number {
  return Math.ceil(count / 4) * 4
}

/** The zeros that the next convolution wants around its input, if the layers before it leave the image as it is. */
function borderBefore(infos: readonly LayerInfo[], from: number): Border {
  for (const { layer, window } of infos.slice(from)) {
    if (layer.type === 'conv2d') return window!.padding
    if (layer.type !== 'tanh' && layer.type !== 'relu' && layer.type !== 'dropout') return NO_BORDER
  }
  return NO_BORDER
}
