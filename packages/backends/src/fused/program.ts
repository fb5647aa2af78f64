import { inferShapes, type LayerInfo, type ModelSpec, weightShapes } from '@mnist-lab/models'
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

export function planProgram(spec: ModelSpec, batchSize: number): Program {
  const infos = inferShapes(spec)
  const memory = new Allocator()
  const blocks = Math.ceil(batchSize / LANES)
  const { parameters, count } = placeParameters(spec)
  const regions = { weights: memory.take(count * 4), velocity: memory.take(count * 4), gradients: memory.take(count * 4), count }
  const [height, width, channels] = spec.inputShape
  const images = memory.take(blocks * LANES * height * width * channels * 4)
  const input = createActivation(memory, blocks, spec.inputShape, borderBefore(infos, 0))
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
function placeParameters(spec: ModelSpec): { readonly parameters: readonly ParameterPlace[], readonly count: number } {
  let count = 0
  const parameters = weightShapes(spec).map(({ shape }) => {
    const place = { offset: count * 4, count: shape.reduce((product, side) => product * side, 1) }
    count += Math.ceil(place.count / 4) * 4
    return place
  })
  return { parameters, count }
}

/** The zeros that the next convolution wants around its input, if the layers before it leave the image as it is. */
function borderBefore(infos: readonly LayerInfo[], from: number): Border {
  for (const { layer, window } of infos.slice(from)) {
    if (layer.type === 'conv2d') return window!.padding
    if (layer.type !== 'tanh' && layer.type !== 'relu' && layer.type !== 'dropout') return NO_BORDER
  }
  return NO_BORDER
}
