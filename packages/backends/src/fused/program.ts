import { type Command, command, COMMAND_WORDS, HEADER_WORDS } from '@mnist-lab/kernels'
import { inferShapes, type LayerInfo, type ModelSpec } from '@mnist-lab/models'
import type { TrainingPlan } from '../interface.js'
import {
  type Activation,
  Allocator,
  type Blocks,
  type Border,
  createActivation,
  NO_BORDER,
} from './activation.js'
import {
  type Convolutions,
  convolution,
  dense,
  dropout,
  elementwise,
  type LayerPlan,
  type LayerProgram,
  pooling,
  poolsTanh,
  tanhPooling,
} from './layers.js'
import type { ParameterPlace } from './parameters.js'
import { isWinograd, winogradBorder } from './winograd.js'

/** Commands in memory, for every block, or each for itself. */
export interface CommandList {
  readonly at: number
  readonly commands: readonly Command[]
}

/** Everything that a training step does, and where: planned once, for the largest batch. */
export interface Program {
  readonly bytes: number
  readonly header: number
  /** Images as they come, bytes [n, height, width, channels]. */
  readonly images: number
  /** What each of the 256 bytes stands for. */
  readonly table: number
  /** [n] */
  readonly labels: number
  /** [n], what each sample's gradient is multiplied by. */
  readonly sampleWeights: number
  /** [block][3][sample], see the kernel crossEntropy. */
  readonly results: number
  /** [n, classes] */
  readonly logits: number
  readonly classes: number
  readonly blocks: Blocks
  /** Per block. */
  readonly train: CommandList
  readonly evaluate: CommandList
  readonly predict: CommandList
  /** After `train`. */
  readonly updates: CommandList
  /** After weights were loaded; as updates. */
  readonly prepare: CommandList
  /** In the order of the model's weights. */
  readonly parameters: readonly ParameterPlace[]
}

/** What runs a program. */
export interface Engine {
  /** Samples in a block, of the kernels' build. */
  readonly block: number
  readonly threads: number
  readonly convolutions: Convolutions
}

export function planProgram(
  spec: ModelSpec,
  { batchSize, loss, seed }: TrainingPlan,
  { block, threads, convolutions }: Engine,
): Program {
  const memory = new Allocator()
  const blocks = { size: block, count: Math.ceil(batchSize / block), slots: threads }
  const samples = blocks.count * block
  const header = memory.take(HEADER_WORDS * 4)
  const [height, width, channels] = spec.inputShape
  const imageBytes = height * width * channels
  const [images, table, labels, sampleWeights, results] = [
    samples * imageBytes,
    256 * 4,
    samples * 4,
    samples * 4,
    samples * 12,
  ].map((bytes) => memory.take(bytes)) as [number, number, number, number, number]
  const infos = inferShapes(spec)
  const input = createActivation(
    memory,
    blocks,
    spec.inputShape,
    borderBefore(infos, 0, convolutions),
    {
      values: isReadBehind(infos, 0, convolutions),
      gradient: false,
    },
  )
  const layers = planLayers(
    infos,
    input,
    { at: images, bytes: block * imageBytes, table },
    { memory, blocks, seed, convolutions },
  )
  const y = layers.at(-1)!.output
  const logits = memory.take(samples * y.channels * 4)
  const load = command(
    'loadImages',
    images,
    block * imageBytes,
    table,
    input.inner,
    input.block,
    input.channel,
    input.row,
    channels,
    height,
    width,
  )
  const crossEntropy = command(
    'crossEntropy',
    y.inner,
    y.block,
    labels,
    block * 4,
    sampleWeights,
    block * 4,
    y.gradient,
    y.gradientBlock,
    results,
    block * 12,
    y.channels,
    loss === 'doubleSoftmaxCrossEntropy' ? 1 : 0,
  )
  const list = (commands: readonly Command[]): CommandList => ({
    at: memory.take(commands.length * COMMAND_WORDS * 4),
    commands,
  })
  const infer = layers.flatMap((layer) => layer.infer)
  return {
    header,
    images,
    table,
    labels,
    sampleWeights,
    results,
    logits,
    classes: y.channels,
    blocks,
    train: list([
      load,
      ...layers.flatMap(({ forward }) => forward),
      crossEntropy,
      ...layers.toReversed().flatMap(({ backward }) => backward),
    ]),
    evaluate: list([load, ...infer, crossEntropy]),
    predict: list([
      load,
      ...infer,
      command('deinterleave', y.inner, y.block, logits, block * y.channels * 4, y.channels),
    ]),
    updates: list(layers.flatMap(({ updates }) => updates)),
    prepare: list(layers.flatMap(({ prepare = [] }) => prepare)),
    parameters: layers.flatMap(({ parameters }) => parameters),
    bytes: memory.bytes,
  }
}

/** Layers that compute nothing are left out. */
function planLayers(
  infos: readonly LayerInfo[],
  input: Activation,
  images: LayerPlan['images'],
  common: Pick<LayerPlan, 'memory' | 'blocks' | 'seed' | 'convolutions'>,
): LayerProgram[] {
  let x = input
  /** Whether x holds what an activation function made of it: its backward pass needs that to stay. */
  let activated = false
  let needsInputGradient = false
  const layers: LayerProgram[] = []
  for (const [index, info] of infos.entries()) {
    const { layer } = info
    // The pooling behind it does what this tanh does.
    if (!activated && index + 1 < infos.length && poolsTanh(info, infos[index + 1]!)) continue
    if (
      layer.type === 'flatten' ||
      layer.type === 'softmax' ||
      (layer.type === 'dropout' && layer.rate === 0)
    )
      continue
    const plan: LayerPlan = {
      ...common,
      info,
      index,
      x,
      needsInputGradient,
      border: borderBefore(infos, index + 1, common.convolutions),
      decides: decidesBefore(infos, index + 1),
      isRead: isReadBehind(infos, index + 1, common.convolutions),
      images: layers.length === 0 ? images : undefined,
    }
    const program: LayerProgram =
      layer.type === 'conv2d'
        ? convolution(plan)
        : layer.type === 'dense'
          ? dense(plan)
          : layer.type === 'dropout'
            ? dropout(plan, layer.rate)
            : !activated && poolsTanh(infos[index - 1], info)
              ? tanhPooling(plan)
              : layer.type === 'tanh' || layer.type === 'relu'
                ? elementwise(plan, layer.type, activated)
                : pooling(plan, layer.type)
    activated = layer.type === 'tanh' || layer.type === 'relu'
    needsInputGradient ||= program.parameters.length > 0
    layers.push(program)
    x = program.output
  }
  return layers
}

/** The zeros that the next convolution wants around its input, if the layers before it leave the image as it is. */
function borderBefore(
  infos: readonly LayerInfo[],
  from: number,
  convolutions: Convolutions,
): Border {
  for (const info of infos.slice(from)) {
    const { layer, window } = info
    if (layer.type === 'conv2d')
      return isWinograd(info, convolutions) ? winogradBorder(info) : window!.padding
    if (layer.type !== 'tanh' && layer.type !== 'relu' && layer.type !== 'dropout') return NO_BORDER
  }
  return NO_BORDER
}

/**
 * Whether an update reads the numbers that stand before a layer: that of a dense layer, or of a convolution that is not Winograd's, if
 * those before it work in place.
 */
function isReadBehind(
  infos: readonly LayerInfo[],
  from: number,
  convolutions: Convolutions,
): boolean {
  for (const info of infos.slice(from)) {
    const { layer } = info
    if (layer.type === 'dense') return true
    if (layer.type === 'conv2d') return !isWinograd(info, convolutions)
    if (
      layer.type === 'avgPool2d' ||
      layer.type === 'maxPool2d' ||
      (layer.type === 'dropout' && layer.rate > 0)
    )
      return false
  }
  return false
}

/** Whether relu or max pooling comes before the next layer with parameters. */
function decidesBefore(infos: readonly LayerInfo[], from: number): boolean {
  for (const {
    layer: { type },
  } of infos.slice(from)) {
    if (type === 'relu' || type === 'maxPool2d') return true
    if (type === 'conv2d' || type === 'dense') return false
  }
  return false
}
