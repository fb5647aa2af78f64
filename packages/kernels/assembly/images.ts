import { BLOCK, SHIFT } from 'lanes'

/**
 * A block of samples into lanes: [sample][row][column][channel] to [channel][row][column][sample] with strides in bytes. Lanes beyond
 * the last sample become 0.
 */
export function interleave(x: usize, y: usize, yChannel: usize, yRow: usize, samples: i32, channels: i32, height: i32, width: i32): void {
  let from = x
  for (let lane = 0; lane < BLOCK; lane++) for (let row = 0; row < height; row++) {
    let to = y + <usize>row * yRow + (<usize>lane << 2)
    for (let column = 0; column < width; column++) {
      for (let c = 0; c < channels; c++) {
        store<f32>(to + <usize>c * yChannel, lane < samples ? load<f32>(from) : 0)
        from += 4
      }
      to += 1 << SHIFT
    }
  }
}

/** A block of activations out of the lanes: [feature][sample] to [sample][feature]. */
export function deinterleave(x: usize, y: usize, features: i32): void {
  let to = y
  for (let lane = 0; lane < BLOCK; lane++) for (let f = 0; f < features; f++) {
    store<f32>(to, load<f32>(x + (<usize>(f * BLOCK + lane) << 2)))
    to += 4
  }
}
