/**
 * Samples into lanes: [n][row][column][channel] to [block][channel][row][column][8] with strides in bytes. Lanes beyond the
 * last sample become 0.
 */
export function interleave(
  x: usize, y: usize, yBlock: usize, yChannel: usize, yRow: usize, samples: i32, blocks: i32, channels: i32, height: i32, width: i32,
): void {
  const image = height * width * channels
  for (let b = 0; b < blocks; b++) for (let lane = 0; lane < 8; lane++) {
    const sample = b * 8 + lane
    let from = x + (<usize>(sample * image) << 2)
    for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
      let to = y + <usize>b * yBlock + <usize>row * yRow + (<usize>column << 5) + (<usize>lane << 2)
      for (let c = 0; c < channels; c++) {
        store<f32>(to, sample < samples ? load<f32>(from) : 0)
        from += 4
        to += yChannel
      }
    }
  }
}
