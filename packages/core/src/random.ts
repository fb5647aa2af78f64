// Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", SC'11. Every word depends on a seed, a stream and a position alone,
// never on what was drawn before.

/**
 * The streams, each for one purpose. Saved runs depend on the numbers, so add numbers and never
 * change one. `weights` is indexed by tensor, `order` by epoch, and `dropout` by layer and step.
 */
export const STREAMS = { weights: 1, order: 2, dropout: 3, split: 4, bench: 5, fuzz: 6 } as const
/** The purpose of a stream. */
export type StreamName = keyof typeof STREAMS

/** The largest seed: 2⁵³ − 1. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER

/**
 * A random-access sequence of 32-bit words. Word `i` is a pure function of (seed, stream, index,
 * step, i), so any backend draws the same numbers, in any order and on any number of threads, and
 * there is no state to save.
 */
export interface Stream {
  /** Writes words `0 … target.length − 1` of the sequence into `target`. */
  fill(target: Uint32Array): void
}

/**
 * Returns a stream of random words.
 *
 * @param seed integer in [0, 2⁵³)
 * @param name what the words are for
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
 * Returns the words that tell one stream from another, for an implementation of Philox elsewhere:
 * the key and the counter's third word. The counter's first word is the number of the four-word
 * block, its second the step, its fourth 0.
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

/** Fills `target` with float32 numbers that are uniform in [low, high), 24 random bits each. */
export function fillUniform(stream: Stream, target: Float32Array, low: number, high: number): void {
  const words = new Uint32Array(target.length)
  stream.fill(words)
  const scale = (high - low) / 2 ** 24
  // fround(low + …) can round up to `high` itself, once in 2²⁴ draws or less; harmless for weights.
  for (let i = 0; i < words.length; i++) target[i] = low + (words[i]! >>> 8) * scale
}

/**
 * Returns a random permutation of 0 … count − 1, made by Fisher–Yates. Each choice takes 53 random
 * bits, so the bias is below count · 2⁻⁵³.
 */
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
 * Fills `target` with an inverted dropout mask: `1 / (1 − rate)` where an element is kept and 0
 * where it is dropped, as PyTorch and Keras scale it. Each element takes 16 bits, the low half of a
 * word first, so that a mask costs half the random words; the rate is thereby rounded to a multiple
 * of 2⁻¹⁶.
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

/**
 * Returns the two numbers of a mask: elements whose 16 bits are below `threshold` are dropped, the
 * others become `scale`.
 */
export function dropoutLevels(rate: number): {
  readonly threshold: number
  readonly scale: number
} {
  return { threshold: Math.round(rate * 65536), scale: 1 / (1 - rate) }
}

const MULTIPLIER_0_HIGH = 0xd251
const MULTIPLIER_0_LOW = 0x1f53
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1_HIGH = 0xcd9e
const MULTIPLIER_1_LOW = 0x8d57
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/**
 * Computes one Philox4x32-10 block: four 32-bit words that depend on nothing but the counter and
 * the key.
 *
 * @param target receives the words as unsigned integers at `offset` … `offset + 3`
 */
export function philox4x32(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  target: Uint32Array,
  offset = 0,
): void {
  let c0 = counter0 | 0
  let c1 = counter1 | 0
  let c2 = counter2 | 0
  let c3 = counter3 | 0
  let k0 = key0 | 0
  let k1 = key1 | 0
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, MULTIPLIER_0_HIGH, MULTIPLIER_0_LOW)
    const low0 = Math.imul(c0, MULTIPLIER_0)
    const high1 = multiplyHigh(c2, MULTIPLIER_1_HIGH, MULTIPLIER_1_LOW)
    const low1 = Math.imul(c2, MULTIPLIER_1)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  target[offset] = c0
  target[offset + 1] = c1
  target[offset + 2] = c2
  target[offset + 3] = c3
}

/**
 * Returns the high 32 bits of `a * (high·2¹⁶ + low)`, both unsigned. JavaScript has no 64-bit
 * product of numbers, so it is made of four 16-bit ones.
 */
function multiplyHigh(a: number, high: number, low: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const middle = aHigh * low + ((aLow * low) >>> 16)
  const carry = aLow * high + (middle & 0xffff)
  return aHigh * high + (middle >>> 16) + (carry >>> 16)
}
