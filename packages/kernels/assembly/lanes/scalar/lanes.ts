// These are the functions of `lanes/simd` for WebAssembly without SIMD. A vector holds one sample.

export type Vector = f32

/** Says how many samples a block has. */
// @ts-ignore: decorator
@inline
export const BLOCK: i32 = 2

/** The base-2 logarithm of a block's bytes. */
// @ts-ignore: decorator
@inline
export const SHIFT: usize = 3

// @ts-ignore: decorator

@inline
export const BLOCK_BYTES: usize = 8

// @ts-ignore: decorator

@inline
export const VECTOR_BYTES: usize = 4

// @ts-ignore: decorator

@inline
export function load0(at: usize): f32 {
  return load<f32>(at)
}

/** Loads the second vector of a pair. */
// @ts-ignore: decorator
@inline
export function load1(at: usize): f32 {
  return load<f32>(at, 4)
}

// @ts-ignore: decorator

@inline
export function store0(at: usize, value: f32): void {
  store<f32>(at, value)
}

// @ts-ignore: decorator

@inline
export function store1(at: usize, value: f32): void {
  store<f32>(at, value, 4)
}

// @ts-ignore: decorator

@inline
export function splat(value: f32): f32 {
  return value
}

// Each of these loads one number from memory into all lanes: one of four in a row, or the first of
// one of four blocks in a row.

// @ts-ignore: decorator

@inline
export function loadSplat(at: usize): f32 {
  return load<f32>(at)
}

// @ts-ignore: decorator

@inline
export function loadSplat1(at: usize): f32 {
  return load<f32>(at, 4)
}

// @ts-ignore: decorator

@inline
export function loadSplat2(at: usize): f32 {
  return load<f32>(at, 8)
}

// @ts-ignore: decorator

@inline
export function loadSplat3(at: usize): f32 {
  return load<f32>(at, 12)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock1(at: usize): f32 {
  return load<f32>(at, 8)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock2(at: usize): f32 {
  return load<f32>(at, 16)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock3(at: usize): f32 {
  return load<f32>(at, 24)
}

// @ts-ignore: decorator

@inline
export function vadd(a: f32, b: f32): f32 {
  return a + b
}

// @ts-ignore: decorator

@inline
export function vsub(a: f32, b: f32): f32 {
  return a - b
}

// @ts-ignore: decorator

@inline
export function vmul(a: f32, b: f32): f32 {
  return a * b
}

// @ts-ignore: decorator

@inline
export function vdiv(a: f32, b: f32): f32 {
  return a / b
}

/** Returns a · b + c. */
// @ts-ignore: decorator
@inline
export function vmadd(a: f32, b: f32, c: f32): f32 {
  return a * b + c
}

// @ts-ignore: decorator

@inline
export function vmax(a: f32, b: f32): f32 {
  return f32.max(a, b)
}

/**
 * Returns the larger number. A NaN passes through if it is the first, and is lost if it is the
 * second.
 */
// @ts-ignore: decorator
@inline
export function vlarger(a: f32, b: f32): f32 {
  return a < b ? b : a
}

/** Limits x to ±limit. A NaN passes through. */
// @ts-ignore: decorator
@inline
export function vclamp(x: f32, limit: f32): f32 {
  return x > limit ? limit : x < -limit ? -limit : x
}

// @ts-ignore: decorator

@inline
export function vnearest(x: f32): f32 {
  return f32.nearest(x)
}

/** Returns 2 to the power of whole numbers from −126 to 127. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(n: f32): f32 {
  return reinterpret<f32>((<i32>n + 127) << 23)
}

/** Returns x if a > b, else y. */
// @ts-ignore: decorator
@inline
export function whereGreater(a: f32, b: f32, x: f32, y: f32): f32 {
  return a > b ? x : y
}

/** Returns x if a = b, else y. */
// @ts-ignore: decorator
@inline
export function whereEqual(a: f32, b: f32, x: f32, y: f32): f32 {
  return a == b ? x : y
}

/** Returns the only lane. */
// @ts-ignore: decorator
@inline
export function vsum(x: f32): f32 {
  return x
}

/** Returns the sum of the lanes of each of as many vectors as a vector has lanes, here of one. */
// @ts-ignore: decorator
@inline
export function sumsOf(at: usize): f32 {
  return load<f32>(at)
}

/** Returns one bit for each sample of a block, which is set if the sample is not `value`. */
// @ts-ignore: decorator
@inline
export function differs(at: usize, value: f32): i32 {
  return i32(load<f32>(at) != value) | (i32(load<f32>(at, 4) != value) << 1)
}
