import { FIRST_ADDRESS, MOST_CHUNKS, type Operand, type OperandScope } from '@mnist-lab/kernels'
import { type OptimizerState, STATE_TENSORS } from '../optimizer.js'

/** What a buffer holds. */
export type BufferRole =
  'input' | 'result' | 'activation' | 'gradient' | 'weight' | 'velocity' | 'scratch' | 'program'

/** A place in memory. As an operand it is the place of the current block, thread or chunk. */
export interface Buffer extends Operand {
  readonly name: string
  readonly role: BufferRole
  /** How many there are, `stride` bytes apart. */
  readonly count: number
  /** Of all of them together. */
  readonly bytes: number
}

/** How samples stand in memory: in blocks, each of which is computed at once. */
export interface Blocks {
  /** Samples in a block. */
  readonly size: number
  /** Blocks of the largest batch. */
  readonly count: number
  /** Threads, each of which works on one block at a time. */
  readonly threads: number
}

/** Everything lies on whole cache lines. */
const LINE = 64

/** Hands out addresses. Nothing is given back: the memory goes as a whole. */
export class Allocator {
  readonly #blocks: Blocks
  readonly #buffers: Buffer[] = []
  #next = FIRST_ADDRESS

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  get bytes(): number {
    return this.#next
  }

  get buffers(): readonly Buffer[] {
    return [...this.#buffers]
  }

  /**
   * Reserves `bytes` once for the program, or for each block, thread or chunk. The buffers of
   * blocks follow one another without a gap, because the optimizer step goes from one to the next.
   */
  take(name: string, role: BufferRole, bytes: number, scope: OperandScope = 'program'): Buffer {
    const stride = scope === 'thread' || scope === 'chunk' ? wholeLines(bytes) : bytes
    const count = this.#count(scope)
    const address = this.#next
    this.#next += wholeLines(count * stride)
    const buffer = { name, role, address, stride, scope, count, bytes: wholeLines(count * stride) }
    this.#buffers.push(buffer)
    return buffer
  }

  #count(scope: OperandScope): number {
    switch (scope) {
      case 'program':
        return 1
      case 'block':
        return this.#blocks.count
      case 'thread':
        return this.#blocks.threads
      case 'chunk':
        return Math.min(this.#blocks.count, MOST_CHUNKS)
    }
  }
}

function wholeLines(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE
}

/** Zeros around an image, for the convolution that reads it. */
export interface Border {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

export const NO_BORDER: Border = { top: 0, bottom: 0, left: 0, right: 0 }

/**
 * The values of a tensor in memory, [channel][row][column][sample] float32 for a block, with a
 * border of zeros, and their gradient, without one. Strides are in bytes.
 */
export interface Activation {
  /** The first corner of the border. */
  readonly origin: Operand
  /** The first pixel. */
  readonly inner: Operand
  readonly channelStride: number
  readonly rowStride: number
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Bytes of a block, from `origin` on. */
  readonly bytes: number
  readonly gradient: Operand
}

/**
 * A parameter tensor and the optimizer's state of it in memory: [channel][position][output], rows of outputs as
 * long as a multiple of 4. The tensor itself is [position, channel, output]: TensorFlow's order,
 * where this is the activations'. A bias has one row.
 */
export interface ParameterPlace {
  readonly weights: number
  /** The address of each tensor that the optimizer keeps. */
  readonly state: Readonly<Record<keyof OptimizerState, number>>
  readonly positions: number
  readonly channels: number
  readonly outputs: number
}

/**
 * Reserves memory for a parameter and the tensors that the optimizer keeps for it. They are equally
 * long and lie one behind the other. A further tensor would therefore lie as far behind the velocity
 * as the velocity behind the weights, and the kernels could find it without another address.
 */
export function placeParameter(
  memory: Allocator,
  name: string,
  [positions, channels, outputs]: readonly [number, number, number],
): ParameterPlace {
  const bytes = positions * channels * paddedOutputs(outputs) * 4
  const weights = memory.take(name, 'weight', bytes)
  const state = Object.fromEntries(
    STATE_TENSORS.map((list) => [list, memory.take(name, 'velocity', bytes).address]),
  ) as unknown as ParameterPlace['state']
  return { weights: weights.address, state, positions, channels, outputs }
}

/** Writes a tensor into the memory. @param address of the place's weights or of a tensor of its state */
export function writeParameter(
  heap: Float32Array,
  address: number,
  place: ParameterPlace,
  values: Float32Array,
): void {
  eachRow(place, (inTensor, inMemory) =>
    heap.set(values.subarray(inTensor, inTensor + place.outputs), address / 4 + inMemory),
  )
}

/** Reads a tensor from the memory. @param address of the place's weights or of a tensor of its state */
export function readParameter(
  heap: Float32Array,
  address: number,
  place: ParameterPlace,
): Float32Array {
  const { positions, channels, outputs } = place
  const values = new Float32Array(positions * channels * outputs)
  eachRow(place, (inTensor, inMemory) => {
    const from = address / 4 + inMemory
    values.set(heap.subarray(from, from + outputs), inTensor)
  })
  return values
}

function eachRow(
  { positions, channels, outputs }: ParameterPlace,
  visit: (inTensor: number, inMemory: number) => void,
): void {
  const row = paddedOutputs(outputs)
  for (let position = 0; position < positions; position++)
    for (let channel = 0; channel < channels; channel++)
      visit((position * channels + channel) * outputs, (channel * positions + position) * row)
}

/** Rows of weights are as long as a multiple of 4 outputs. */
export function paddedOutputs(outputs: number): number {
  return Math.ceil(outputs / 4) * 4
}
