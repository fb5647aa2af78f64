import { FIRST_ADDRESS, MOST_CHUNKS, type Operand, type OperandScope } from '@mnist-lab/kernels'
import { type OptimizerState, STATE_TENSORS } from '../optimizer.js'

/** Names what a buffer holds. */
export type BufferRole =
  'input' | 'result' | 'activation' | 'gradient' | 'weight' | 'velocity' | 'scratch' | 'program'

/**
 * A buffer in memory. An operand of a command that names it means the copy of the current block,
 * thread or chunk.
 */
export interface Buffer extends Operand {
  readonly name: string
  readonly role: BufferRole
  /** Says how many copies there are, `stride` bytes apart. */
  readonly count: number
  /** The bytes of all copies together. */
  readonly bytes: number
}

/** Says how the samples of a batch are divided into blocks, each of which is computed at once. */
export interface Blocks {
  /** Says how many samples a block has. */
  readonly size: number
  /** Says how many blocks the largest batch has. */
  readonly count: number
  /** Says how many threads there are. Each works on one block at a time. */
  readonly threads: number
}

/** The bytes of a cache line. Every buffer begins on one. */
const LINE = 64

/**
 * Assigns addresses to buffers. Single buffers are never freed, because the memory is freed as a
 * whole.
 */
export class Allocator {
  readonly #blocks: Blocks
  readonly #buffers: Buffer[] = []
  #next = FIRST_ADDRESS

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  /** The bytes that have been assigned so far, which is the first free address. */
  get bytes(): number {
    return this.#next
  }

  /** The buffers in the order of their addresses. */
  get buffers(): readonly Buffer[] {
    return [...this.#buffers]
  }

  /**
   * Reserves `bytes` once for the program, or once for each block, thread or chunk. The buffers of
   * blocks follow each other without a gap, because the optimizer step reads them all in a row.
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

/** Rounds bytes up to whole cache lines. */
function wholeLines(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE
}

/**
 * The widths of the border of zeros around an image, in pixels, for the convolution that reads it.
 */
export interface Border {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

export const NO_BORDER: Border = { top: 0, bottom: 0, left: 0, right: 0 }

/**
 * A tensor's place in memory. Its values are [channel][row][column][sample] float32 for each block,
 * with a border of zeros; its gradient has no border. Strides are in bytes.
 */
export interface Activation {
  /** The first pixel of the border. */
  readonly origin: Operand
  /** The first pixel of the image inside the border. */
  readonly inner: Operand
  readonly channelStride: number
  readonly rowStride: number
  readonly channels: number
  readonly height: number
  readonly width: number
  /** The bytes of one block, starting at `origin`. */
  readonly bytes: number
  readonly gradient: Operand
}

/**
 * The addresses of a parameter tensor and of what the optimizer keeps for it. The layout in memory
 * is [channel][position][output] like that of the activations, with rows of outputs padded to a
 * multiple of 4. The tensor itself has TensorFlow's order, [position, channel, output]. A bias has
 * one row.
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
 * long and lie one behind the other. A further tensor would therefore lie as far behind the
 * velocity as the velocity behind the weights, and the kernels could find it without another
 * address.
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

/**
 * Writes a tensor into the memory.
 *
 * @param address the address in `place` of the weights or of one of the optimizer's tensors
 */
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

/**
 * Reads a tensor from the memory.
 *
 * @param address the address in `place` of the weights or of one of the optimizer's tensors
 * @returns [position, channel, output]
 */
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

/**
 * Visits each row of outputs with its index in the tensor and in the memory, in float32 numbers.
 */
function eachRow(
  { positions, channels, outputs }: ParameterPlace,
  visit: (inTensor: number, inMemory: number) => void,
): void {
  const row = paddedOutputs(outputs)
  for (let position = 0; position < positions; position++)
    for (let channel = 0; channel < channels; channel++)
      visit((position * channels + channel) * outputs, (channel * positions + position) * row)
}

/** Returns the length of a row of weights: the number of outputs, rounded up to a multiple of 4. */
export function paddedOutputs(outputs: number): number {
  return Math.ceil(outputs / 4) * 4
}
