import { BLOCK, SHIFT } from 'lanes'

/**
 * A block's part of the dropout mask of @mnist-lab/random's `fillDropoutMask`, bit for bit: Philox4x32-10 (Salmon, Moraes,
 * Dror and Shaw, SC'11), 16 bits an element, in the elements' order [sample][position][channel].
 *
 * @param target [channel][position][sample]
 * @param block how many blocks of the batch are before it
 * @param purpose third counter word: what the stream is for, and the layer
 * @param threshold elements whose 16 bits are below it are dropped
 * @param scale of those that are kept
 */
export function dropoutMask(
  target: usize, block: i32, positions: i32, channels: i32, step: u32, purpose: u32, key0: u32, key1: u32, threshold: u32, scale: f32,
): void {
  // Where a sample's elements fill whole Philox calls, lanes are samples.
  if (ASC_FEATURE_SIMD) if ((positions * channels & 7) == 0) return inLanes(target, block, positions, channels, step, purpose, key0, key1, threshold, scale)
  oneByOne(target, block, positions, channels, step, purpose, key0, key1, threshold, scale)
}

const MULTIPLIER_0: u32 = 0xd2511f53, MULTIPLIER_1: u32 = 0xcd9e8d57, WEYL_0: u32 = 0x9e3779b9, WEYL_1: u32 = 0xbb67ae85

function inLanes(
  target: usize, block: i32, positions: i32, channels: i32, step: u32, purpose: u32, key0: u32, key1: u32, threshold: u32, scale: f32,
): void {
  if (ASC_FEATURE_SIMD) {
    const calls = positions * channels >> 3
    const channelBytes: usize = <usize>positions << SHIFT
    const limit = i32x4.splat(threshold), kept = f32x4.splat(scale), half = i32x4.splat(0xffff)
    for (let four = 0; four < BLOCK; four += 4) {
      const first = (block * BLOCK + four) * calls
      let counter = i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(first), 1, first + calls), 2, first + 2 * calls), 3, first + 3 * calls)
      let position = 0, channel = 0
      for (let call = 0; call < calls; call++) {
        let c0 = counter, c1 = i32x4.splat(step), c2 = i32x4.splat(purpose), c3 = i32x4.splat(0)
        let k0 = key0, k1 = key1
        for (let round = 0; round < 10; round++) {
          const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1)
          const low0 = i64x2.extmul_low_i32x4_u(c0, m0), high0 = i64x2.extmul_high_i32x4_u(c0, m0)
          const low1 = i64x2.extmul_low_i32x4_u(c2, m1), high1 = i64x2.extmul_high_i32x4_u(c2, m1)
          c0 = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), c1), i32x4.splat(k0))
          c1 = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6)
          c2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), c3), i32x4.splat(k1))
          c3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6)
          k0 += WEYL_0
          k1 += WEYL_1
        }
        for (let i = 0; i < 8; i++) {
          const word = i < 2 ? c0 : i < 4 ? c1 : i < 6 ? c2 : c3
          const drawn = i & 1 ? i32x4.shr_u(word, 16) : v128.and(word, half)
          v128.store(target + <usize>channel * channelBytes + (<usize>position << SHIFT) + (<usize>four << 2), v128.and(kept, i32x4.ge_s(drawn, limit)))
          if (++channel == channels) {
            channel = 0
            position++
          }
        }
        counter = i32x4.add(counter, i32x4.splat(1))
      }
    }
  }
}

function oneByOne(
  target: usize, block: i32, positions: i32, channels: i32, step: u32, purpose: u32, key0: u32, key1: u32, threshold: u32, scale: f32,
): void {
  const count = BLOCK * positions * channels
  const channelBytes: usize = <usize>positions << SHIFT
  // A small block may begin amid the eight elements of one Philox call.
  let element = (block * count) & ~7
  const from = block * count, end = from + count
  let sample = 0, position = 0, channel = 0
  let at = target
  while (element < end) {
    let c0: u32 = element >> 3, c1 = step, c2 = purpose, c3: u32 = 0
    let k0 = key0, k1 = key1
    for (let round = 0; round < 10; round++) {
      const product0 = <u64>c0 * MULTIPLIER_0
      const product1 = <u64>c2 * MULTIPLIER_1
      c0 = <u32>(product1 >> 32) ^ c1 ^ k0
      c1 = <u32>product1
      c2 = <u32>(product0 >> 32) ^ c3 ^ k1
      c3 = <u32>product0
      k0 += WEYL_0
      k1 += WEYL_1
    }
    let bits = <u64>c0 | (<u64>c1 << 32)
    for (let i = 0; i < 8; i++, element++) {
      if (i == 4) bits = <u64>c2 | (<u64>c3 << 32)
      const drawn = <u32>bits & 0xffff
      bits >>= 16
      if (element < from || element >= end) continue
      store<f32>(at, drawn >= threshold ? scale : 0)
      at += channelBytes
      if (++channel < channels) continue
      channel = 0
      if (++position == positions) {
        position = 0
        sample++
      }
      at = target + (<usize>position << SHIFT) + (<usize>sample << 2)
    }
  }
}
