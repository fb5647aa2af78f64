import { rowBytes } from './convolution/forward'
import { Optimizer, updateVector } from './sgd'
import {
  BLOCK,
  SHIFT,
  VECTOR_BYTES,
  Vector,
  differs,
  load1,
  load0,
  splat,
  loadSplat,
  store1,
  store0,
  vadd,
  vmadd,
  vmul,
} from 'lanes'

// These functions compute a dense layer that reads images of one channel, most of whose pixels are
// background, byte 0. With x = background + difference, x · w = background · (∑ over inputs of w) +
// ∑ over the inputs that differ. If all inputs differ, this takes 1.5 times as long as the dense
// kernels. A fifth of MNIST's pixels differ.
//
// Three functions here decide which pixels are background. `sparseForward` and `sparseUpdate` take
// the number that byte 0 stands for, and `listInputs` skips the bytes that are 0. Lanes without a
// sample hold background too: `loadImages` in images.ts fills them with the same number.

/**
 * Computes y = bias + x · w for one block of samples.
 *
 * @param images [sample][input], bytes
 * @param table the float32 value of each of the 256 bytes
 * @param w [input][unit], with rows padded to a multiple of 4
 * @param sums [part][unit], each the sum of w over some inputs; rows like those of w
 * @param y [unit][sample]
 * @param scratch a row like those of w, and 8 bytes for each input
 */
export function sparseForward(
  images: usize,
  table: usize,
  w: usize,
  bias: usize,
  sums: usize,
  parts: i32,
  y: usize,
  scratch: usize,
  samples: i32,
  inputs: i32,
  units: i32,
): void {
  const row = rowBytes(units)
  const background = load<f32>(table)
  const list = scratch + row
  for (let u: usize = 0; u < <usize>units; u++) {
    let sum: f32 = 0
    for (let part = 0; part < parts; part++) sum += load<f32>(sums + <usize>part * row + (u << 2))
    const base = load<f32>(bias + (u << 2)) + background * sum
    for (let at = y + (u << SHIFT), end = at + (1 << SHIFT); at < end; at += 4) store<f32>(at, base)
  }
  for (let sample: usize = 0; sample < <usize>min(samples, BLOCK); sample++) {
    const last = listInputs(images + sample * inputs, inputs, table, background, row, list)
    let u: usize = 0
    for (; u + 8 * VECTOR_BYTES <= row; u += 8 * VECTOR_BYTES)
      sumRows8(w + u, list, last, scratch + u)
    for (; u < row; u += VECTOR_BYTES) sumRows1(w + u, list, last, scratch + u)
    let at = y + (sample << 2)
    for (u = 0; u < <usize>units; u++) {
      store<f32>(at, load<f32>(at) + load<f32>(scratch + (u << 2)))
      at += 1 << SHIFT
    }
  }
}

/**
 * Lists the inputs of a sample that differ: the address of the input's row of weights, and the
 * difference.
 *
 * @returns the end of the list
 */
// @ts-ignore: decorator
@inline
function listInputs(
  image: usize,
  inputs: i32,
  table: usize,
  background: f32,
  row: usize,
  list: usize,
): usize {
  let at = list
  let weights: u32 = 0
  for (let i = 0; i < inputs; i += 8) {
    const left = min(8, inputs - i)
    // An image may begin at any byte. The last argument says so, because the kernels in JavaScript
    // can only read a word from an address that is a multiple of 4.
    let bytes = load<u64>(image + i, 0, 1)
    if (left < 8) bytes &= ((<u64>1) << (left << 3)) - 1
    if (!bytes) {
      weights += 8 * <u32>row
      continue
    }
    // Every input is written, but only kept if it differs. A branch would take longer, because the
    // processor cannot predict which inputs differ.
    for (let k = 0; k < 8; k++) {
      const byte = <usize>(bytes & 255)
      store<u32>(at, weights)
      store<f32>(at, load<f32>(table + (byte << 2)) - background, 4)
      at += (<usize>(byte != 0)) << 3
      bytes >>= 8
      weights += <u32>row
    }
  }
  return at
}

/** Sums factor · row over a list, for 8 vectors of the row. */
// @ts-ignore: decorator
@inline
function sumRows8(w: usize, list: usize, last: usize, to: usize): void {
  const zero = splat(0)
  let a0 = zero,
    a1 = zero,
    a2 = zero,
    a3 = zero,
    a4 = zero,
    a5 = zero,
    a6 = zero,
    a7 = zero
  for (let at = list; at < last; at += 8) {
    const p = w + <usize>load<u32>(at)
    const f = loadSplat(at + 4)
    a0 = vmadd(load0(p), f, a0)
    a1 = vmadd(load1(p), f, a1)
    a2 = vmadd(load0(p + 2 * VECTOR_BYTES), f, a2)
    a3 = vmadd(load1(p + 2 * VECTOR_BYTES), f, a3)
    // This never happens. It separates the two halves: V8 would load everything before the first
    // multiplication and run out of registers.
    if (at == last) break
    a4 = vmadd(load0(p + 4 * VECTOR_BYTES), f, a4)
    a5 = vmadd(load1(p + 4 * VECTOR_BYTES), f, a5)
    a6 = vmadd(load0(p + 6 * VECTOR_BYTES), f, a6)
    a7 = vmadd(load1(p + 6 * VECTOR_BYTES), f, a7)
  }
  store0(to, a0)
  store1(to, a1)
  store0(to + 2 * VECTOR_BYTES, a2)
  store1(to + 2 * VECTOR_BYTES, a3)
  store0(to + 4 * VECTOR_BYTES, a4)
  store1(to + 4 * VECTOR_BYTES, a5)
  store0(to + 6 * VECTOR_BYTES, a6)
  store1(to + 6 * VECTOR_BYTES, a7)
}

// @ts-ignore: decorator

@inline
function sumRows1(w: usize, list: usize, last: usize, to: usize): void {
  let sum = splat(0)
  for (let at = list; at < last; at += 8)
    sum = vmadd(load0(w + <usize>load<u32>(at)), loadSplat(at + 4), sum)
  store0(to, sum)
}

/**
 * Sums the gradient of such a layer's weights for inputs `from` to `to`, makes their SGD step as
 * `denseUpdate` does, and sums the new weights.
 *
 * @param x [block][input][sample]
 * @param dy [sample][unit], rows like those of w
 * @param sums [unit], of this part
 * @param scratch a row like those of w, and 8 bytes for each sample
 */
export function sparseUpdate(
  x: usize,
  xBlock: usize,
  table: usize,
  dy: usize,
  w: usize,
  v: usize,
  sums: usize,
  scratch: usize,
  optimizer: Optimizer,
  blocks: i32,
  units: i32,
  from: i32,
  to: i32,
): void {
  const row = rowBytes(units)
  const background = load<f32>(table)
  const usual = splat(background)
  // This is the gradient of a weight whose input is background in all samples.
  for (let at: usize = 0; at < row; at += VECTOR_BYTES) {
    let sum = splat(0)
    for (let d = dy + at, end = d + <usize>(blocks * BLOCK) * row; d < end; d += row)
      sum = vadd(sum, load0(d))
    store0(scratch + at, vmul(sum, usual))
  }
  const list = scratch + row
  for (let i = from; i < to; i++) {
    const last = listSamples(
      x + ((<usize>i) << SHIFT),
      xBlock,
      blocks,
      usual,
      background,
      row,
      list,
    )
    const at = <usize>i * row
    let u: usize = 0
    for (; u + 8 * VECTOR_BYTES <= row; u += 8 * VECTOR_BYTES) {
      updateVectors(list, last, dy + u, w + at + u, v + at + u, scratch + u, optimizer)
    }
    for (; u < row; u += VECTOR_BYTES) {
      let sum = load0(scratch + u)
      for (let entry = list; entry < last; entry += 8)
        sum = vmadd(load0(dy + u + <usize>load<u32>(entry)), loadSplat(entry + 4), sum)
      updateVector(w + at + u, v + at + u, sum, optimizer)
    }
  }
  sumRows(w, sums, units, from, to)
}

/**
 * Lists the samples in which an input differs: the address of the sample's row of gradients, and
 * the difference.
 *
 * @returns the end of the list
 */
// @ts-ignore: decorator
@inline
function listSamples(
  x: usize,
  xBlock: usize,
  blocks: i32,
  usual: Vector,
  background: f32,
  row: usize,
  list: usize,
): usize {
  let at = list
  // The loop handles one word of bits at a time, because the lengths of a few long loops are easier
  // to predict than those of many short ones.
  for (let b = 0; b < blocks; b += WIDE) {
    let mask = 0
    for (let some = b; some < min(blocks, b + WIDE); some++)
      mask |= differs(x + <usize>some * xBlock, usual) << ((some - b) * BLOCK)
    for (; mask; mask &= mask - 1) {
      const sample = <usize>(b * BLOCK + ctz(mask))
      store<u32>(at, <u32>(sample * row))
      store<f32>(
        at,
        load<f32>(x + (sample / BLOCK) * xBlock + ((sample % BLOCK) << 2)) - background,
        4,
      )
      at += 8
    }
  }
  return at
}

/** Says how many blocks have samples that fit into one word of bits. */
// @ts-ignore: decorator
@inline
const WIDE: i32 = 32 / BLOCK

/** Updates 8 vectors of an input's weights, which stay in registers over the samples. */
// @ts-ignore: decorator
@inline
function updateVectors(
  list: usize,
  last: usize,
  dy: usize,
  w: usize,
  v: usize,
  base: usize,
  optimizer: Optimizer,
): void {
  let a0 = load0(base),
    a1 = load1(base),
    a2 = load0(base + 2 * VECTOR_BYTES),
    a3 = load1(base + 2 * VECTOR_BYTES)
  let a4 = load0(base + 4 * VECTOR_BYTES),
    a5 = load1(base + 4 * VECTOR_BYTES),
    a6 = load0(base + 6 * VECTOR_BYTES),
    a7 = load1(base + 6 * VECTOR_BYTES)
  for (let entry = list; entry < last; entry += 8) {
    const d = dy + <usize>load<u32>(entry)
    const f = loadSplat(entry + 4)
    a0 = vmadd(load0(d), f, a0)
    a1 = vmadd(load1(d), f, a1)
    a2 = vmadd(load0(d + 2 * VECTOR_BYTES), f, a2)
    a3 = vmadd(load1(d + 2 * VECTOR_BYTES), f, a3)
    // This never happens. It separates the two halves, as above.
    if (entry == last) break
    a4 = vmadd(load0(d + 4 * VECTOR_BYTES), f, a4)
    a5 = vmadd(load1(d + 4 * VECTOR_BYTES), f, a5)
    a6 = vmadd(load0(d + 6 * VECTOR_BYTES), f, a6)
    a7 = vmadd(load1(d + 6 * VECTOR_BYTES), f, a7)
  }
  updateVector(w, v, a0, optimizer)
  updateVector(w + VECTOR_BYTES, v + VECTOR_BYTES, a1, optimizer)
  updateVector(w + 2 * VECTOR_BYTES, v + 2 * VECTOR_BYTES, a2, optimizer)
  updateVector(w + 3 * VECTOR_BYTES, v + 3 * VECTOR_BYTES, a3, optimizer)
  updateVector(w + 4 * VECTOR_BYTES, v + 4 * VECTOR_BYTES, a4, optimizer)
  updateVector(w + 5 * VECTOR_BYTES, v + 5 * VECTOR_BYTES, a5, optimizer)
  updateVector(w + 6 * VECTOR_BYTES, v + 6 * VECTOR_BYTES, a6, optimizer)
  updateVector(w + 7 * VECTOR_BYTES, v + 7 * VECTOR_BYTES, a7, optimizer)
}

/**
 * Sums the weights of inputs `from` to `to`. `sparseUpdate` keeps these sums up to date.
 *
 * @param sums [unit]
 */
export function sumRows(w: usize, sums: usize, units: i32, from: i32, to: i32): void {
  const row = rowBytes(units)
  for (let at: usize = 0; at < row; at += VECTOR_BYTES) {
    let sum = splat(0)
    for (let i = from; i < to; i++) sum = vadd(sum, load0(w + <usize>i * row + at))
    store0(sums + at, sum)
  }
}
