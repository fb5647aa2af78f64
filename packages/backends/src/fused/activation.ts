import { FIRST_ADDRESS, MOST_PIECES } from '@mnist-lab/kernels'

/** Zeros around an image, for the convolution that reads it. */
export interface Border {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

export const NO_BORDER: Border = { top: 0, bottom: 0, left: 0, right: 0 }

/** Hands out addresses; nothing is ever given back, the memory goes as a whole. */
export class Allocator {
  #next = FIRST_ADDRESS

  get bytes(): number {
    return this.#next
  }

  /** @returns an address divisible by 64 */
  take(bytes: number): number {
    const at = this.#next
    this.#next += Math.ceil(bytes / 64) * 64
    return at
  }

  /** As many bytes for every piece of the batch: sums over its blocks. */
  takePieces({ count }: Blocks, bytes: number): Place {
    const stride = Math.ceil(bytes / 64) * 64
    return { at: this.take(Math.min(count, MOST_PIECES) * stride), stride: stride + 2 }
  }

  /** As many bytes for every thread, which its blocks use one after the other. */
  takeSlots({ slots }: Blocks, bytes: number): Place {
    const stride = Math.ceil(bytes / 64) * 64
    return { at: this.take(slots * stride), stride: stride + 1 }
  }
}

/** Two words of a command, see `block` in `src/program.ts` of the kernels. */
export interface Place {
  readonly at: number
  readonly stride: number
}

/** How samples stand in memory: in blocks, each of which is computed at once. */
export interface Blocks {
  /** Samples in a block. */
  readonly size: number
  /** Blocks of the largest batch. */
  readonly count: number
  /** Threads, each with a block under way. */
  readonly slots: number
}

/**
 * What a layer leaves in memory: [channel][row][column][sample] float32 for a block, with a border of zeros. Its gradient has no border.
 * Strides are in bytes; for `block` and `gradientBlock` see {@link Place}.
 */
export interface Activation {
  /** Of the border's first corner. */
  readonly origin: number
  /** Of the first pixel. */
  readonly inner: number
  readonly block: number
  readonly channel: number
  readonly row: number
  readonly channels: number
  readonly height: number
  readonly width: number
  /** From `origin` on, of a block. */
  readonly bytes: number
  readonly gradient: number
  readonly gradientBlock: number
}

/** Which of an activation the updates read, once all blocks have been through the layers. */
export interface Kept {
  readonly values: boolean
  /** Or the activation of the same shape whose gradient this one's is, since one is computed in the other's place. */
  readonly gradient: boolean | Activation
}

export function createActivation(
  memory: Allocator,
  blocks: Blocks,
  [height, width, channels]: readonly [number, number, number],
  border: Border,
  kept: Kept,
): Activation {
  const row = (width + border.left + border.right) * blocks.size * 4
  const channel = (height + border.top + border.bottom) * row
  const bytes = channels * channel
  // The updates go from one block to the next without a gap.
  const take = (keep: boolean, size: number) =>
    keep ? { at: memory.take(blocks.count * size), stride: size } : memory.takeSlots(blocks, size)
  const { at: origin, stride: block } = take(kept.values, bytes)
  const gradient =
    typeof kept.gradient === 'boolean'
      ? take(kept.gradient, channels * height * width * blocks.size * 4)
      : { at: kept.gradient.gradient, stride: kept.gradient.gradientBlock }
  return {
    origin,
    inner: origin + border.top * row + border.left * blocks.size * 4,
    block,
    channel,
    row,
    channels,
    height,
    width,
    bytes,
    gradient: gradient.at,
    gradientBlock: gradient.stride,
  }
}
