import type { Operand } from '@mnist-lab/kernels'
import { type Allocator, type Blocks, type Buffer, paddedOutputs } from '../memory.js'
import { type ChosenConvolution, type ChosenDense, tiles, WINOGRAD } from './choose-kernels.js'
import { elements } from './lower.js'

/**
 * Says how many bytes of transformed outputs fit into the second-level cache beside everything
 * else.
 */
const GROUP_BYTES = 320 * 1024

/** The buffers that Winograd’s kernels need besides the activations. */
export interface WinogradBuffers {
  /** The input, transformed to points. */
  readonly points: Buffer
  /**
   * The gradients of the filter’s points and of the bias, summed separately for each vector lane.
   */
  readonly sums: Buffer
  readonly scratch: Buffer
  /** The filter, transformed to points. */
  readonly filter: Buffer
  /** One buffer for each final command. */
  readonly updateScratch: readonly Buffer[]
  /** Says how many rows of tiles have their gradients transformed before they are summed. */
  readonly group: number
}

/** The buffers that the optimizer step of a dense layer needs. */
export interface DenseBuffers {
  /**
   * The gradient of the output, [tile][block][sample][unit]. A tile has as many units as a block
   * has samples.
   */
  readonly transposed: Buffer
  /** Says how many inputs one final command updates. */
  readonly inputsPerPart: number
}

/** The buffers of a dense layer that skips the background pixels of the images. */
export interface SparseBuffers {
  /** The gradient of the output, [block][sample][unit]. */
  readonly rows: Buffer
  /** For each part of the inputs, the sum of its weights. */
  readonly sums: Buffer
  readonly scratch: Buffer
  /** One buffer for each part of the inputs. */
  readonly updateScratch: readonly Buffer[]
  /** Says how many inputs one final command updates. */
  readonly inputsPerPart: number
}

/** Reserves the buffers that Winograd’s kernels need besides the activations of a convolution. */
export function placeWinograd(
  memory: Allocator,
  blocks: Blocks,
  { layer, input: { channels }, output }: ChosenConvolution,
): WinogradBuffers {
  const take = (name: string, bytes: number, scope?: Operand['scope']) =>
    memory.take(`${layer}, ${name}`, 'scratch', bytes, scope)
  const outputs = output.channels
  const sample = blocks.size * 4
  const vector = sample / 2
  const padded = paddedOutputs(outputs)
  const [rows, columns] = [tiles(output.height), tiles(output.width)]
  // The points of one channel of a tile take an odd number of cache lines; see PLANE in the kernel.
  const plane = WINOGRAD.points * sample + 64
  const group = Math.max(1, Math.min(rows, Math.floor(GROUP_BYTES / (columns * outputs * plane))))
  const forwardScratch = (40 * outputs + 80) * sample
  const backwardScratch = group * columns * outputs * plane + (72 * channels + 50) * sample
  return {
    group,
    points: take('input points', rows * columns * channels * plane, 'thread'),
    sums: take('gradient sums', (WINOGRAD.points * channels + 1) * padded * vector, 'chunk'),
    scratch: take('transforms', Math.max(forwardScratch, backwardScratch), 'thread'),
    filter: take('filter points', WINOGRAD.points * channels * padded * 4),
    updateScratch: Array.from({ length: padded / 4 }, () => take('update', 129 * vector)),
  }
}

/** Returns how many inputs one final command updates, so that there are at most 64 commands. */
function inputsPerPart(inputs: number): number {
  return Math.max(4, Math.ceil(inputs / 64) * 4)
}

/** Reserves the buffers that the optimizer step of a dense layer needs. */
export function placeDense(
  memory: Allocator,
  { size, count }: Blocks,
  { layer, input, output }: ChosenDense,
): DenseBuffers {
  const bytes = Math.ceil(output.channels / size) * count * size * size * 4
  return {
    transposed: memory.take(`${layer}, transposed gradient`, 'scratch', bytes),
    inputsPerPart: inputsPerPart(elements(input)),
  }
}

/** Reserves the buffers of a dense layer that skips the background pixels of the images. */
export function placeSparse(
  memory: Allocator,
  { size, count }: Blocks,
  { layer, input, output }: ChosenDense,
): SparseBuffers {
  const take = (name: string, bytes: number, scope?: Operand['scope']) =>
    memory.take(`${layer}, ${name}`, 'scratch', bytes, scope)
  const inputs = elements(input)
  const each = inputsPerPart(inputs)
  const parts = Math.ceil(inputs / each)
  const row = paddedOutputs(output.channels) * 4
  return {
    inputsPerPart: each,
    rows: take('gradient rows', size * row, 'block'),
    sums: take('weight sums', parts * row),
    scratch: take('foreground list', row + (inputs + 1) * 8, 'thread'),
    updateScratch: Array.from({ length: parts }, () => take('update', row + count * size * 8)),
  }
}
