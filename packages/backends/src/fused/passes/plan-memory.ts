import { HEADER_WORDS, NO_OPERAND, type Operand } from '@mnist-lab/kernels'
import {
  type Activation,
  Allocator,
  type Blocks,
  type Border,
  type Buffer,
  NO_BORDER,
  type ParameterPlace,
  placeParameter,
} from '../memory.js'
import {
  type ChosenConvolution,
  type ChosenDense,
  type ChosenGraph,
  type ChosenOperation,
  tiles,
  WINOGRAD,
} from './choose-kernels.js'
import {
  type DenseBuffers,
  placeDense,
  placeSparse,
  placeWinograd,
  type SparseBuffers,
  type WinogradBuffers,
} from './kernel-buffers.js'
import { elements, type Tensor } from './lower.js'

/** The places of a layer's weights and bias. */
interface Parameters {
  readonly weights: ParameterPlace
  readonly bias: ParameterPlace
}

/** The places of an operation's input and output. */
interface Ends {
  readonly x: Activation
  readonly y: Activation
}

/** A convolution with its places in memory. */
export type PlacedConvolution = ChosenConvolution &
  Ends &
  Parameters & { readonly winograd: WinogradBuffers | undefined }
/** A dense layer with its places in memory. */
export type PlacedDense = ChosenDense &
  Ends &
  Parameters & {
    readonly dense: DenseBuffers | undefined
    readonly sparse: SparseBuffers | undefined
  }
/** An activation function with its places in memory. */
export type PlacedActivationFunction = Extract<ChosenOperation, { type: 'activation' }> & Ends
/** A pooling with its places in memory. */
export type PlacedPooling = Extract<ChosenOperation, { type: 'avgPool2d' | 'maxPool2d' }> & Ends
/** A fused tanh and pooling with its places in memory. */
export type PlacedTanhPooling = Extract<ChosenOperation, { type: 'tanhAvgPool2d' }> & Ends
/** A dropout with its places in memory. */
export type PlacedDropout = Extract<ChosenOperation, { type: 'dropout' }> &
  Ends & { readonly mask: Buffer }

/** An operation with the places in memory of everything that it reads and writes. */
export type PlacedOperation =
  | PlacedConvolution
  | PlacedDense
  | PlacedDropout
  | PlacedActivationFunction
  | PlacedPooling
  | PlacedTanhPooling

/** The places in memory of everything that a program uses. */
export interface MemoryPlan {
  readonly blocks: Blocks
  readonly header: Buffer
  /** The pixel bytes of the images, [n, height, width, channels]. */
  readonly images: Buffer
  /** The float32 value of each of the 256 pixel bytes. */
  readonly table: Buffer
  /** The labels, [n]. */
  readonly labels: Buffer
  /** The factor of each sample's gradient, [n]. */
  readonly sampleWeights: Buffer
  /** The results of each sample, [block][3][sample]; see the kernel crossEntropy. */
  readonly results: Buffer
  /** The logits, [n, classes]. */
  readonly logits: Buffer
  readonly input: Activation
  readonly output: Activation
  readonly operations: readonly PlacedOperation[]
  /** Assigns further memory, after everything above. */
  readonly memory: Allocator
}

/**
 * Assigns a place in memory, large enough for the largest batch, to everything that a program uses
 * (pass 4).
 */
export function planMemory(graph: ChosenGraph, blocks: Blocks): MemoryPlan {
  const memory = new Allocator(blocks)
  const { input: images } = graph
  const pixels = images.height * images.width * images.channels
  const fixed = {
    header: memory.take('header', 'program', HEADER_WORDS * 4),
    images: memory.take('images', 'input', blocks.size * pixels, 'block'),
    table: memory.take('pixel values', 'input', 256 * 4),
    labels: memory.take('labels', 'input', blocks.size * 4, 'block'),
    sampleWeights: memory.take('sample weights', 'input', blocks.size * 4, 'block'),
    results: memory.take('losses', 'result', blocks.size * 12, 'block'),
  }
  const saved = savedForBackward(graph.operations)
  const last = graph.operations.at(-1)?.output ?? images
  const borders = [...graph.operations.keys(), graph.operations.length].map((index) =>
    borderFor(graph.operations.slice(index)),
  )
  const activation = (
    name: string,
    tensor: Tensor,
    index: number,
    gradient: 'saved' | 'passing' | Operand,
  ) => {
    const isWanted = tensor.needsGradient || tensor === last
    return placeActivation(memory, blocks, {
      name,
      tensor,
      border: borders[index]!,
      isSaved: saved.has(tensor.id),
      gradient:
        gradient === 'saved' || gradient === 'passing'
          ? isWanted
            ? gradient
            : NO_OPERAND
          : gradient,
    })
  }
  const input = activation('images', images, 0, 'passing')
  let x = input
  const operations = graph.operations.map((operation, index): PlacedOperation => {
    const { layer, output } = operation
    const place = (gradient: 'saved' | 'passing' | Operand) =>
      activation(layer, output, index + 1, gradient)
    const placed = ((): PlacedOperation => {
      switch (operation.type) {
        case 'conv2d': {
          const y = place(operation.kernel === 'direct' ? 'saved' : 'passing')
          const [rows, columns] = operation.window.size
          const parameters = placeParameters(memory, layer, [
            rows * columns,
            x.channels,
            y.channels,
          ])
          const winograd =
            operation.kernel === 'direct' ? undefined : placeWinograd(memory, blocks, operation)
          return { ...operation, x, y, ...parameters, winograd }
        }
        case 'dense': {
          const y = place('saved')
          const parameters = placeParameters(memory, layer, [
            x.height * x.width,
            x.channels,
            y.channels,
          ])
          const isSparse = operation.kernel === 'sparse'
          return {
            ...operation,
            x,
            y,
            ...parameters,
            dense: isSparse ? undefined : placeDense(memory, blocks, operation),
            sparse: isSparse ? placeSparse(memory, blocks, operation) : undefined,
          }
        }
        case 'dropout': {
          // The backward pass multiplies the gradient in place, so both tensors share one gradient.
          const y = place(x.gradient)
          const bytes = elements(output) * blocks.size * 4
          return {
            ...operation,
            x,
            y,
            mask: memory.take(`${layer}, mask`, 'scratch', bytes, 'thread'),
          }
        }
        case 'activation':
          return { ...operation, x, y: operation.kernel === 'in-place' ? x : place(x.gradient) }
        case 'tanhAvgPool2d':
        case 'avgPool2d':
        case 'maxPool2d':
          return { ...operation, x, y: place('passing') }
      }
    })()
    x = placed.y
    return placed
  })
  const logits = memory.take('logits', 'result', blocks.size * x.channels * 4, 'block')
  return { ...fixed, blocks, logits, input, output: x, operations, memory }
}

/**
 * Returns the ids of the tensors whose values the optimizer step reads after all blocks have passed
 * through the layers. Their values are kept for every block, and those of all other tensors only
 * for the block that a thread is working on. An operation in place writes its output over its input
 * and both share one place, so saving the output means saving the input.
 */
function savedForBackward(operations: readonly ChosenOperation[]): ReadonlySet<number> {
  const saved = new Set<number>()
  for (const operation of [...operations].reverse()) {
    const { type, kernel, input, output } = operation
    if (type === 'dense' || (type === 'conv2d' && kernel === 'direct')) saved.add(input.id)
    if (type === 'activation' && kernel === 'in-place' && saved.has(output.id)) saved.add(input.id)
  }
  return saved
}

/**
 * Returns the border of zeros that the next convolution needs around its input, if all operations
 * before it keep the image's shape.
 */
function borderFor(operations: readonly ChosenOperation[]): Border {
  for (const operation of operations) {
    if (operation.type === 'conv2d') return convolutionBorder(operation)
    if (operation.type !== 'activation' && operation.type !== 'dropout') break
  }
  return NO_BORDER
}

function convolutionBorder({
  kernel,
  window: { padding },
  input,
  output,
}: ChosenConvolution): Border {
  if (kernel === 'direct') return padding
  // Whole tiles read zeros beyond the edges of the image.
  const { top, left } = padding
  const reach = (outputs: number) => tiles(outputs) * WINOGRAD.side + WINOGRAD.overhang
  return {
    top,
    left,
    bottom: reach(output.height) - top - input.height,
    right: reach(output.width) - left - input.width,
  }
}

interface ActivationPlan {
  readonly name: string
  readonly tensor: Tensor
  readonly border: Border
  readonly isSaved: boolean
  /**
   * `saved` keeps the gradient of every block for the optimizer step, and `passing` only that of
   * the block in work. An operand is the place of another tensor's gradient, which this one shares.
   */
  readonly gradient: 'saved' | 'passing' | Operand
}

function placeActivation(
  memory: Allocator,
  blocks: Blocks,
  { name, tensor, border, isSaved, gradient }: ActivationPlan,
): Activation {
  const { height, width, channels } = tensor
  const rowStride = (width + border.left + border.right) * blocks.size * 4
  const channelStride = (height + border.top + border.bottom) * rowStride
  const bytes = channels * channelStride
  const origin = memory.take(name, 'activation', bytes, isSaved ? 'block' : 'thread')
  const address = origin.address + border.top * rowStride + border.left * blocks.size * 4
  return {
    origin,
    inner: { ...operandOf(origin), address },
    channelStride,
    rowStride,
    channels,
    height,
    width,
    bytes,
    gradient:
      typeof gradient === 'object'
        ? gradient
        : memory.take(
            name,
            'gradient',
            elements(tensor) * blocks.size * 4,
            gradient === 'saved' ? 'block' : 'thread',
          ),
  }
}

function operandOf({ address, stride, scope }: Operand): Operand {
  return { address, stride, scope }
}

function placeParameters(
  memory: Allocator,
  layer: string,
  shape: readonly [positions: number, channels: number, outputs: number],
): Parameters {
  return {
    weights: placeParameter(memory, `${layer}, weights`, shape),
    bias: placeParameter(memory, `${layer}, bias`, [1, 1, shape[2]]),
  }
}
