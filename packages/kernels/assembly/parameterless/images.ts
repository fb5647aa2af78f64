import { BLOCK, SHIFT } from 'lanes'

/**
 * Reads a block of images into lanes: bytes [sample][row][column][channel] become numbers
 * [channel][row][column][sample] with strides in bytes. Lanes after the last sample get the
 * value of byte 0.
 *
 * @param table the float32 value of each of the 256 bytes
 */
export function loadImages(
  x: usize,
  table: usize,
  y: usize,
  yChannel: usize,
  yRow: usize,
  samples: i32,
  channels: i32,
  height: i32,
  width: i32,
): void {
  const line = (<usize>width) << SHIFT
  for (let lane = 0; lane < BLOCK; lane++)
    for (let c = 0; c < channels; c++) {
      let from = x + <usize>(lane * height * width * channels + c)
      for (let row = 0; row < height; row++) {
        const start = y + <usize>c * yChannel + <usize>row * yRow + ((<usize>lane) << 2)
        const end = start + line
        if (lane >= samples) {
          for (let to = start; to < end; to += 1 << SHIFT) store<f32>(to, load<f32>(table))
          continue
        }
        for (let to = start; to < end; to += 1 << SHIFT) {
          store<f32>(to, load<f32>(table + ((<usize>load<u8>(from)) << 2)))
          from += channels
        }
      }
    }
}

/** Writes a block of activations out of the lanes: [feature][sample] becomes [sample][feature]. */
export function deinterleave(x: usize, y: usize, features: i32): void {
  let to = y
  for (let lane = 0; lane < BLOCK; lane++)
    for (let f = 0; f < features; f++) {
      store<f32>(to, load<f32>(x + ((<usize>(f * BLOCK + lane)) << 2)))
      to += 4
    }
}
