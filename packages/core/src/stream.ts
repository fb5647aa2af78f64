import { philox4x32 } from './philox.js'

/**
 * What a stream is for. Numbers are part of every saved run's meaning: never renumber, only add.
 * `weights` is indexed by tensor, `order` by epoch, `dropout` by layer and step;
 */
export const STREAMS = { weights: 1, order: 2, dropout: 3, split: 4, bench: 5 } as const
export type StreamName = keyof typeof STREAMS

/** The largest seed: 2⁵³ − 1. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/**
 * A random-access sequence of 32-bit words: word `i` is a pure function of (seed, stream, index, step, i), so any
 * backend, in any order and on any number of threads, draws the same numbers, and there is no state to save.
 */
export interface Stream {
  /** Writes words `0 … target.length − 1` of the sequence. */
  fill(target: Uint32Array): void
}

/**
 * @param seed integer in [0, 2⁵³)
 * @param index sub-sequence: a tensor, an epoch or a layer
 * @param step training step, for draws that differ at every step
 * @throws RangeError when the seed is not such an integer
 */
export function createStream(seed: number, name: StreamName, index = 0, step = 0): Stream {
  const { purpose, key0, key1 } = streamWords(seed, name, index)
  return {
    fill(target) {
      const whole = target.length & ~3
      for (let at = 0; at < whole; at += 4)
        philox4x32(at >>> 2, step, purpose, 0, key0, key1, target, at)
      if (whole === target.length) return
      const last = new Uint32Array(4)
      philox4x32(whole >>> 2, step, purpose, 0, key0, key1, last)
      target.set(last.subarray(0, target.length - whole), whole)
    },
  }
}

/**
 * The words that tell one stream from another, for an implementation of Philox elsewhere: the key, and the counter's third
 * word. Its first is the block of four words, its second the step, its fourth 0.
 *
 * @throws RangeError when the seed is not an integer in [0, 2⁵³)
 */
export function streamWords(
  seed: number,
  name: StreamName,
  index: number,
): { readonly purpose: number; readonly key0: number; readonly key1: number } {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed: expected an integer from 0 to 2^53 - 1, got ${seed}`)
  // 24 bits of index beside 8 of purpose.
  return {
    purpose: STREAMS[name] | (index << 8),
    key0: seed >>> 0,
    key1: Math.floor(seed / 2 ** 32),
  }
}
