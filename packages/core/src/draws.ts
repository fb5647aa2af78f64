import type { Stream } from './stream.js'

/** `target.length` float32 numbers, uniform in [low, high), written in place. 24 random bits each. */
export function fillUniform(stream: Stream, target: Float32Array, low: number, high: number): void {
  const words = new Uint32Array(target.length)
  stream.fill(words)
  const scale = (high - low) / 2 ** 24
  // fround(low + …) can round up to `high` itself, once in 2²⁴ draws or less; harmless for weights.
  for (let i = 0; i < words.length; i++) target[i] = low + (words[i]! >>> 8) * scale
}

/** A permutation of 0 … count − 1 by Fisher–Yates; 53 random bits a choice, so the bias is below count · 2⁻⁵³. */
export function permutation(stream: Stream, count: number): Uint32Array {
  const words = new Uint32Array(2 * count)
  stream.fill(words)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const uniform = ((words[2 * i]! >>> 5) * 2 ** 26 + (words[2 * i + 1]! >>> 6)) / 2 ** 53
    const j = Math.floor(uniform * (i + 1))
    const swap = order[i]!
    order[i] = order[j]!
    order[j] = swap
  }
  return order
}

/**
 * Inverted dropout: `1 / (1 − rate)` where an element is kept, 0 where it is dropped, as PyTorch and Keras scale it.
 * Each element takes 16 bits, low half of a word first, so that a mask costs half the random words; the rate is
 * thereby rounded to a multiple of 2⁻¹⁶.
 */
export function fillDropoutMask(stream: Stream, target: Float32Array, rate: number): void {
  const words = new Uint32Array(Math.ceil(target.length / 2))
  stream.fill(words)
  const { threshold, scale } = dropoutLevels(rate)
  for (let i = 0; i < target.length; i++) {
    const half = (words[i >>> 1]! >>> ((i & 1) << 4)) & 0xffff
    target[i] = half >= threshold ? scale : 0
  }
}

/** Elements whose 16 bits are below `threshold` are dropped, the others become `scale`. */
export function dropoutLevels(rate: number): {
  readonly threshold: number
  readonly scale: number
} {
  return { threshold: Math.round(rate * 65536), scale: 1 / (1 - rate) }
}
