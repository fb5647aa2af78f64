import { createStream, permutation } from '@mnist-lab/core'

/**
 * The order of the samples in one epoch: a function of its arguments alone.
 *
 * @param seed integer in [0, 2⁵³)
 * @param epoch from 1
 * @returns [count], a permutation of 0 … count − 1
 */
export function epochOrder(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(createStream(seed, 'order', epoch), count)
}

/** 0 … count − 1: the samples as they are stored. */
export function fileOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
}
