// A vector holds one sample in each lane of a SIMD type. `lanes/scalar` has the same functions
// without SIMD. A pair of vectors holds a block: `load0` and `store0` handle the first, `load1` and
// `store1` the second.

export type Vector = v128

/** Says how many samples a block has. */
// @ts-ignore: decorator
@inline
export const BLOCK: i32 = 8

/** The base-2 logarithm of a block's bytes. */
// @ts-ignore: decorator
@inline
export const SHIFT: usize = 5

// @ts-ignore: decorator

@inline
export const BLOCK_BYTES: usize = 32

// @ts-ignore: decorator

@inline
export const VECTOR_BYTES: usize = 16

// @ts-ignore: decorator

@inline
export function load0(at: usize): v128 {
  return v128.load(at)
}

/** Loads the second vector of a pair. */
// @ts-ignore: decorator
@inline
export function load1(at: usize): v128 {
  return v128.load(at, 16)
}

// @ts-ignore: decorator

@inline
export function store0(at: usize, value: v128): void {
  v128.store(at, value)
}

// @ts-ignore: decorator

@inline
export function store1(at: usize, value: v128): void {
  v128.store(at, value, 16)
}

// @ts-ignore: decorator

@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value)
}

// Each of these loads one number from memory into all lanes: one of four in a row, or the first of
// one of four blocks in a row.

// @ts-ignore: decorator

@inline
export function loadSplat(at: usize): v128 {
  return v128.load32_splat(at)
}

// @ts-ignore: decorator

@inline
export function loadSplat1(at: usize): v128 {
  return v128.load32_splat(at, 4)
}

// @ts-ignore: decorator

@inline
export function loadSplat2(at: usize): v128 {
  return v128.load32_splat(at, 8)
}

// @ts-ignore: decorator

@inline
export function loadSplat3(at: usize): v128 {
  return v128.load32_splat(at, 12)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock1(at: usize): v128 {
  return v128.load32_splat(at, 32)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock2(at: usize): v128 {
  return v128.load32_splat(at, 64)
}

// @ts-ignore: decorator

@inline
export function loadSplatBlock3(at: usize): v128 {
  return v128.load32_splat(at, 96)
}

// @ts-ignore: decorator

@inline
export function vadd(a: v128, b: v128): v128 {
  return f32x4.add(a, b)
}

// @ts-ignore: decorator

@inline
export function vsub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b)
}

// @ts-ignore: decorator

@inline
export function vmul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b)
}

// @ts-ignore: decorator

@inline
export function vdiv(a: v128, b: v128): v128 {
  return f32x4.div(a, b)
}

/**
 * Returns a · b + c, rounded once if the build has relaxed SIMD and the machine has a fused
 * instruction.
 */
// @ts-ignore: decorator
@inline
export function vmadd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

// @ts-ignore: decorator

@inline
export function vmax(a: v128, b: v128): v128 {
  return f32x4.max(a, b)
}

/**
 * Returns the larger number in one instruction. WebAssembly's own max takes several. A NaN passes
 * through if it is the first, and is lost if it is the second.
 */
// @ts-ignore: decorator
@inline
export function vlarger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, b)
}

/**
 * Limits x to ±limit. Each step is one instruction, while WebAssembly's min and max take several.
 * In this order a NaN passes through.
 */
// @ts-ignore: decorator
@inline
export function vclamp(x: v128, limit: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(limit)), f32x4.splat(-limit))
}

// @ts-ignore: decorator

@inline
export function vnearest(x: v128): v128 {
  return f32x4.nearest(x)
}

/** Returns 2 to the power of whole numbers from −126 to 127. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
}

/** Returns x where a > b, else y. */
// @ts-ignore: decorator
@inline
export function whereGreater(a: v128, b: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, f32x4.gt(a, b))
}

/** Returns x where a = b, else y. */
// @ts-ignore: decorator
@inline
export function whereEqual(a: v128, b: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, f32x4.eq(a, b))
}

/** Returns the sum of the lanes. */
// @ts-ignore: decorator
@inline
export function vsum(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) +
    f32x4.extract_lane(x, 1) +
    (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/** Returns the sum of the lanes of each of as many vectors as a vector has lanes. */
// @ts-ignore: decorator
@inline
export function sumsOf(at: usize): v128 {
  const a = v128.load(at),
    b = v128.load(at, 16),
    c = v128.load(at, 32),
    d = v128.load(at, 48)
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

/**
 * Returns one bit for each sample of a block, which is set if the sample is not the number in
 * `value`.
 */
// @ts-ignore: decorator
@inline
export function differs(at: usize, value: v128): i32 {
  return (
    i32x4.bitmask(f32x4.ne(v128.load(at), value)) |
    (i32x4.bitmask(f32x4.ne(v128.load(at, 16), value)) << 4)
  )
}
