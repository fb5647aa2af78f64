// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.

const MULTIPLIER_0_HIGH = 0xd251
const MULTIPLIER_0_LOW = 0x1f53
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1_HIGH = 0xcd9e
const MULTIPLIER_1_LOW = 0x8d57
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/** High 32 bits of `a * (high·2¹⁶ + low)`, both unsigned. JavaScript has no 64-bit product, so four 16-bit ones. */
function multiplyHigh(a: number, high: number, low: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const middle = aHigh * low + ((aLow * low) >>> 16)
  const carry = aLow * high + (middle & 0xffff)
  return aHigh * high + (middle >>> 16) + (carry >>> 16)
}

/**
 * One Philox4x32-10 block: four 32-bit words that depend on nothing but the counter and the key.
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
