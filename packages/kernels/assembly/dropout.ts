/**
 * The dropout mask of @mnist-lab/random's `fillDropoutMask`, bit for bit: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC'11), 16
 * bits an element, in the elements' order [sample][position][channel].
 *
 * @param target [block][channel][position][8]
 * @param purpose third counter word: what the stream is for, and the layer
 * @param threshold elements whose 16 bits are below it are dropped
 * @param scale of those that are kept
 */
export function dropoutMask(
  target: usize, samples: i32, positions: i32, channels: i32, step: u32, purpose: u32, key0: u32, key1: u32, threshold: u32, scale: f32,
): void {
  const count = samples * positions * channels
  const channelBytes: usize = <usize>positions << 5
  let sample = 0, position = 0, channel = 0
  let at = target
  for (let first = 0; first < count; first += 8) {
    let c0: u32 = first >> 3, c1 = step, c2 = purpose, c3: u32 = 0
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
    let low = <u64>c0 | (<u64>c1 << 32)
    let high = <u64>c2 | (<u64>c3 << 32)
    const some = min(8, count - first)
    for (let i = 0; i < some; i++) {
      if (i == 4) low = high
      store<f32>(at, (<u32>low & 0xffff) >= threshold ? scale : 0)
      low >>= 16
      at += channelBytes
      if (++channel < channels) continue
      channel = 0
      if (++position == positions) {
        position = 0
        sample++
      }
      at = target + <usize>(sample >> 3) * <usize>channels * channelBytes + (<usize>position << 5) + (<usize>(sample & 7) << 2)
    }
  }
}
