import { FIRST_ADDRESS } from '@mnist-lab/kernels'

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

  /** As many bytes for every block, `bytes` apart. */
  takeBlocks({ count }: Blocks, each: number): { readonly at: number, readonly bytes: number } {
    const bytes = Math.ceil(each / 64) * 64
    return { at: this.take(count * bytes), bytes }
  }
}

/** How samples stand in memory: in blocks, each of which is computed at once. */
export interface Blocks {
  /** Samples in a block. */
  readonly size: number
  /** Blocks of the largest batch. */
  readonly count: number
}

/**
 * What a layer leaves in memory: [block][channel][row][column][sample] float32, with a border of zeros. Its gradient
 * has no border. Strides are in bytes.
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
  readonly gradient: number
  /** Bytes of a block's gradient. */
  readonly gradientBlock: number
}

/** @param gradient shared with another activation of the same shape, where one is computed in the other's place */
export function createActivation(
  memory: Allocator, blocks: Blocks, [height, width, channels]: readonly [number, number, number], border: Border, gradient?: number,
): Activation {
  const row = (width + border.left + border.right) * blocks.size * 4
  const channel = (height + border.top + border.bottom) * row
  const block = channels * channel
  const gradientBlock = channels * height * width * blocks.size * 4
  const origin = memory.take(blocks.count * block)
  return {
    origin, inner: origin + border.top * row + border.left * blocks.size * 4, block, channel, row, channels, height, width,
    gradient: gradient ?? memory.take(blocks.count * gradientBlock), gradientBlock,
  }
}
