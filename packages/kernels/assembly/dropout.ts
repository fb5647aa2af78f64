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
      const product0 = <u64>c0 * 0xd2511f53
      const product1 = <u64>c2 * 0xcd9e8d57
      c0 = <u32>(product1 >> 32) ^ c1 ^ k0
      c1 = <u32>product1
      c2 = <u32>(product0 >> 32) ^ c3 ^ k1
      c3 = <u32>product0
      k0 += 0x9e3779b9
      k1 += 0xbb67ae85
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
