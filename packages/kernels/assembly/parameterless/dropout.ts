import { BLOCK, SHIFT } from 'lanes'

/**
 * Draws a block of the dropout mask that `fillDropoutMask` of the random generator draws, bit for
 * bit. It is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC'11), 16 bits an element, in the order
 * [sample][position][channel] of the elements.
 *
 * @param target [channel][position][sample]
 * @param block the number of blocks before this one in the batch
 * @param purpose the third counter word, which holds the purpose of the stream and the layer
 * @param threshold elements whose 16 bits are below it are dropped
 * @param scale the value of those that are kept
 */
export function dropoutMask(
  target: usize,
  block: i32,
  positions: i32,
  channels: i32,
  step: u32,
  purpose: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
): void {
  // If a sample's elements fill whole Philox calls, the lanes are samples.
  if (ASC_FEATURE_SIMD)
    if (((positions * channels) & 7) == 0)
      return inLanes(
        target,
        block,
        positions,
        channels,
        step,
        purpose,
        key0,
        key1,
        threshold,
        scale,
      )
  oneByOne(target, block, positions, channels, step, purpose, key0, key1, threshold, scale)
}

const MULTIPLIER_0: u32 = 0xd2511f53,
  MULTIPLIER_1: u32 = 0xcd9e8d57,
  WEYL_0: u32 = 0x9e3779b9,
  WEYL_1: u32 = 0xbb67ae85

function inLanes(
  target: usize,
  block: i32,
  positions: i32,
  channels: i32,
  step: u32,
  purpose: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
): void {
  if (ASC_FEATURE_SIMD) {
    const calls = (positions * channels) >> 3
    const channelBytes: usize = (<usize>positions) << SHIFT
    const limit = i32x4.splat(threshold),
      kept = f32x4.splat(scale),
      half = i32x4.splat(0xffff)
    const m0 = i32x4.splat(MULTIPLIER_0),
      m1 = i32x4.splat(MULTIPLIER_1)
    // These are the first counters of samples 0 to 3. Samples 4 to 7 are computed beside them, so
    // that their chains of multiplications overlap.
    const first = block * BLOCK * calls
    let counter = i32x4.add(i32x4.splat(first), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(calls)))
    const four = i32x4.splat(4 * calls)
    let position = 0,
      channel = 0
    for (let call = 0; call < calls; call++) {
      let a0 = counter,
        a1 = i32x4.splat(step),
        a2 = i32x4.splat(purpose),
        a3 = i32x4.splat(0)
      let b0 = i32x4.add(counter, four),
        b1 = a1,
        b2 = a2,
        b3 = a3
      let k0 = key0,
        k1 = key1
      for (let round = 0; round < 10; round++) {
        const key = i32x4.splat(k0),
          otherKey = i32x4.splat(k1)
        const aLow0 = i64x2.extmul_low_i32x4_u(a0, m0),
          aHigh0 = i64x2.extmul_high_i32x4_u(a0, m0)
        const aLow1 = i64x2.extmul_low_i32x4_u(a2, m1),
          aHigh1 = i64x2.extmul_high_i32x4_u(a2, m1)
        a0 = v128.xor(v128.xor(upper(aLow1, aHigh1), a1), key)
        a1 = lower(aLow1, aHigh1)
        a2 = v128.xor(v128.xor(upper(aLow0, aHigh0), a3), otherKey)
        a3 = lower(aLow0, aHigh0)
        const bLow0 = i64x2.extmul_low_i32x4_u(b0, m0),
          bHigh0 = i64x2.extmul_high_i32x4_u(b0, m0)
        const bLow1 = i64x2.extmul_low_i32x4_u(b2, m1),
          bHigh1 = i64x2.extmul_high_i32x4_u(b2, m1)
        b0 = v128.xor(v128.xor(upper(bLow1, bHigh1), b1), key)
        b1 = lower(bLow1, bHigh1)
        b2 = v128.xor(v128.xor(upper(bLow0, bHigh0), b3), otherKey)
        b3 = lower(bLow0, bHigh0)
        k0 += WEYL_0
        k1 += WEYL_1
      }
      for (let i = 0; i < 8; i++) {
        const a = i < 2 ? a0 : i < 4 ? a1 : i < 6 ? a2 : a3
        const b = i < 2 ? b0 : i < 4 ? b1 : i < 6 ? b2 : b3
        const at = target + <usize>channel * channelBytes + ((<usize>position) << SHIFT)
        v128.store(
          at,
          v128.and(kept, i32x4.ge_s(i & 1 ? i32x4.shr_u(a, 16) : v128.and(a, half), limit)),
        )
        v128.store(
          at,
          v128.and(kept, i32x4.ge_s(i & 1 ? i32x4.shr_u(b, 16) : v128.and(b, half), limit)),
          16,
        )
        if (++channel == channels) {
          channel = 0
          position++
        }
      }
      counter = i32x4.add(counter, i32x4.splat(1))
    }
  }
}

/** Returns the upper words of four products. */
// @ts-ignore: decorator
@inline
function upper(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7)
}

// @ts-ignore: decorator

@inline
function lower(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6)
}

function oneByOne(
  target: usize,
  block: i32,
  positions: i32,
  channels: i32,
  step: u32,
  purpose: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
): void {
  const count = BLOCK * positions * channels
  const channelBytes: usize = (<usize>positions) << SHIFT
  // A small block may begin in the middle of the eight elements of one Philox call.
  let element = (block * count) & ~7
  const from = block * count,
    end = from + count
  let sample = 0,
    position = 0,
    channel = 0
  let at = target
  while (element < end) {
    let c0: u32 = element >> 3,
      c1 = step,
      c2 = purpose,
      c3: u32 = 0
    let k0 = key0,
      k1 = key1
    for (let round = 0; round < 10; round++) {
      const product0 = <u64>c0 * MULTIPLIER_0
      const product1 = <u64>c2 * MULTIPLIER_1
      c0 = (<u32>(product1 >> 32)) ^ c1 ^ k0
      c1 = <u32>product1
      c2 = (<u32>(product0 >> 32)) ^ c3 ^ k1
      c3 = <u32>product0
      k0 += WEYL_0
      k1 += WEYL_1
    }
    let bits = (<u64>c0) | ((<u64>c1) << 32)
    for (let i = 0; i < 8; i++, element++) {
      if (i == 4) bits = (<u64>c2) | ((<u64>c3) << 32)
      const drawn = (<u32>bits) & 0xffff
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
      at = target + ((<usize>position) << SHIFT) + ((<usize>sample) << 2)
    }
  }
}
