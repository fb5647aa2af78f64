/** Stores a tile of 4 channels × 8 samples, as many channels as there are left, `channel` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTile(
  at: usize, channel: usize, left: i32, a00: v128, a01: v128, a10: v128, a11: v128, a20: v128, a21: v128, a30: v128, a31: v128,
): void {
  v128.store(at, a00)
  v128.store(at, a01, 16)
  if (left > 1) {
    v128.store(at + channel, a10)
    v128.store(at + channel, a11, 16)
  }
  if (left > 2) {
    v128.store(at + 2 * channel, a20)
    v128.store(at + 2 * channel, a21, 16)
  }
  if (left > 3) {
    v128.store(at + 3 * channel, a30)
    v128.store(at + 3 * channel, a31, 16)
  }
}
