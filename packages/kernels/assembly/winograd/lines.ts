import { Vector, load0, splat, loadSplat, store0, vadd, vmadd, vmul, vsub } from 'lanes'

// These are the one-dimensional transforms of Winograd's minimal filtering F(4, 5) (Winograd 1980;
// Lavin and Gray 2016). They compute four outputs of a filter of five taps, y = Aᵀ[(G g) ⊙ (Bᵀ d)],
// from 8 products instead of 20. The points are 0, ±1, ±2, ±½ and ∞; a pair ±p shares its even and
// odd parts. Each function reads a line of vectors, `step` bytes apart, and writes one. The
// gradients are the same bilinear form transposed: B[(G g) ⊙ (A dy)] for the input, Gᵀ[(Bᵀ d) ⊙ (A
// dy)] for the filter.

/**
 * Constants in memory. V8 loads a vector in one instruction, but needs three to create a constant
 * vector, in every iteration of a loop.
 */
const FACTORS = memory.data<f32>([5.25, -4.25, -2.5, -1.25, 0.25, 0.5, 2, 4, -5, 8, 0.125])
// @ts-ignore: decorator
@inline
const F5_25: usize = 0,
  F_4_25: usize = 4,
  F_2_5: usize = 8,
  F_1_25: usize = 12,
  F0_25: usize = 16,
  F0_5: usize = 20,
  F2: usize = 24,
  F4: usize = 28,
  F_5: usize = 32,
  F8: usize = 36,
  F0_125: usize = 40

// @ts-ignore: decorator

@inline
function factor(at: usize): Vector {
  return loadSplat(FACTORS + at)
}

/** Computes Bᵀ d: 8 points from 8 inputs. */
// @ts-ignore: decorator
@inline
export function inputLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = load0(from)
  const d1 = load0(from + step)
  const d2 = load0(from + 2 * step)
  const d3 = load0(from + 3 * step)
  const d4 = load0(from + 4 * step)
  const d5 = load0(from + 5 * step)
  const d6 = load0(from + 6 * step)
  const d7 = load0(from + 7 * step)
  store0(to, vmadd(vsub(d4, d2), factor(F5_25), vsub(d0, d6)))
  store0(to + 7 * toStep, vmadd(vsub(d3, d5), factor(F5_25), vsub(d7, d1)))
  let even = vmadd(d4, factor(F_4_25), vadd(d2, d6))
  let odd = vmadd(d3, factor(F_4_25), vadd(d1, d5))
  store0(to + toStep, vadd(even, odd))
  store0(to + 2 * toStep, vsub(even, odd))
  const third = vmul(d3, factor(F_2_5))
  even = vmadd(d2, factor(F0_25), vmadd(d4, factor(F_1_25), d6))
  odd = vmadd(d1, factor(F0_5), vmadd(d5, factor(F2), third))
  store0(to + 3 * toStep, vadd(even, odd))
  store0(to + 4 * toStep, vsub(even, odd))
  even = vmadd(d2, factor(F4), vmadd(d4, factor(F_5), d6))
  odd = vmadd(d1, factor(F2), vmadd(d5, factor(F0_5), third))
  store0(to + 5 * toStep, vadd(even, odd))
  store0(to + 6 * toStep, vsub(even, odd))
}

/** Computes B m: the gradient of 8 inputs from those of 8 points. */
// @ts-ignore: decorator
@inline
export function inputGradientLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const m0 = load0(from)
  const m7 = load0(from + 7 * step)
  const p1 = load0(from + step),
    p2 = load0(from + 2 * step)
  const even1 = vadd(p1, p2),
    odd1 = vsub(p1, p2)
  const p3 = load0(from + 3 * step),
    p4 = load0(from + 4 * step)
  const even2 = vadd(p3, p4),
    odd2 = vsub(p3, p4)
  const p5 = load0(from + 5 * step),
    p6 = load0(from + 6 * step)
  const even3 = vadd(p5, p6),
    odd3 = vsub(p5, p6)
  store0(to, m0)
  store0(to + 7 * toStep, m7)
  store0(to + 6 * toStep, vsub(vadd(vadd(even1, even2), even3), m0))
  store0(to + toStep, vmadd(odd3, factor(F2), vmadd(odd2, factor(F0_5), vsub(odd1, m7))))
  const most0 = vmul(m0, factor(F5_25)),
    most7 = vmul(m7, factor(F5_25))
  store0(to + 2 * toStep, vmadd(even3, factor(F4), vmadd(even2, factor(F0_25), vsub(even1, most0))))
  store0(to + 5 * toStep, vmadd(odd3, factor(F0_5), vmadd(odd2, factor(F2), vsub(odd1, most7))))
  store0(
    to + 3 * toStep,
    vmadd(vadd(odd2, odd3), factor(F_2_5), vmadd(odd1, factor(F_4_25), most7)),
  )
  store0(
    to + 4 * toStep,
    vmadd(even3, factor(F_5), vmadd(even2, factor(F_1_25), vmadd(even1, factor(F_4_25), most0))),
  )
}

/** Computes Aᵀ m: 4 outputs from 8 points, each plus `base`. */
// @ts-ignore: decorator
@inline
export function outputLine(from: usize, step: usize, to: usize, toStep: usize, base: Vector): void {
  outputs(
    load0(from),
    load0(from + step),
    load0(from + 2 * step),
    load0(from + 3 * step),
    load0(from + 4 * step),
    load0(from + 5 * step),
    load0(from + 6 * step),
    load0(from + 7 * step),
    to,
    toStep,
    base,
  )
}

/** Computes Aᵀ (x ⊙ w), the products of one channel. w is one number for all samples. */
// @ts-ignore: decorator
@inline
export function productLine(
  x: usize,
  xStep: usize,
  w: usize,
  wStep: usize,
  to: usize,
  toStep: usize,
): void {
  outputs(
    vmul(load0(x), loadSplat(w)),
    vmul(load0(x + xStep), loadSplat(w + wStep)),
    vmul(load0(x + 2 * xStep), loadSplat(w + 2 * wStep)),
    vmul(load0(x + 3 * xStep), loadSplat(w + 3 * wStep)),
    vmul(load0(x + 4 * xStep), loadSplat(w + 4 * wStep)),
    vmul(load0(x + 5 * xStep), loadSplat(w + 5 * wStep)),
    vmul(load0(x + 6 * xStep), loadSplat(w + 6 * wStep)),
    vmul(load0(x + 7 * xStep), loadSplat(w + 7 * wStep)),
    to,
    toStep,
    splat(0),
  )
}

// @ts-ignore: decorator

@inline
function outputs(
  p0: Vector,
  p1: Vector,
  p2: Vector,
  p3: Vector,
  p4: Vector,
  p5: Vector,
  p6: Vector,
  p7: Vector,
  to: usize,
  toStep: usize,
  base: Vector,
): void {
  const even1 = vadd(p1, p2),
    odd1 = vsub(p1, p2)
  const even2 = vadd(p3, p4),
    odd2 = vsub(p3, p4)
  const even3 = vadd(p5, p6),
    odd3 = vsub(p5, p6)
  store0(to, vadd(vadd(vadd(p0, base), even1), vadd(even2, even3)))
  store0(to + toStep, vmadd(odd2, factor(F2), vmadd(odd3, factor(F0_5), vadd(odd1, base))))
  store0(to + 2 * toStep, vmadd(even2, factor(F4), vmadd(even3, factor(F0_25), vadd(even1, base))))
  store0(
    to + 3 * toStep,
    vmadd(odd2, factor(F8), vmadd(odd3, factor(F0_125), vadd(vadd(odd1, base), p7))),
  )
}

/** Computes A dy: 8 points from the gradients of 4 outputs. */
// @ts-ignore: decorator
@inline
export function outputGradientLine(
  y0: Vector,
  y1: Vector,
  y2: Vector,
  y3: Vector,
  to: usize,
  toStep: usize,
): void {
  store0(to, y0)
  store0(to + 7 * toStep, y3)
  let even = vadd(y0, y2),
    odd = vadd(y1, y3)
  store0(to + toStep, vadd(even, odd))
  store0(to + 2 * toStep, vsub(even, odd))
  even = vmadd(y2, factor(F4), y0)
  odd = vmadd(y3, factor(F8), vadd(y1, y1))
  store0(to + 3 * toStep, vadd(even, odd))
  store0(to + 4 * toStep, vsub(even, odd))
  even = vmadd(y2, factor(F0_25), y0)
  odd = vmadd(y3, factor(F0_125), vmul(y1, factor(F0_5)))
  store0(to + 5 * toStep, vadd(even, odd))
  store0(to + 6 * toStep, vsub(even, odd))
}

/** Adds x ⊙ (A dy) to the target. */
// @ts-ignore: decorator
@inline
export function addProductLine(
  y0: Vector,
  y1: Vector,
  y2: Vector,
  y3: Vector,
  x: usize,
  xStep: usize,
  to: usize,
  toStep: usize,
): void {
  add(to, x, y0)
  add(to + 7 * toStep, x + 7 * xStep, y3)
  let even = vadd(y0, y2),
    odd = vadd(y1, y3)
  add(to + toStep, x + xStep, vadd(even, odd))
  add(to + 2 * toStep, x + 2 * xStep, vsub(even, odd))
  even = vmadd(y2, factor(F4), y0)
  odd = vmadd(y3, factor(F8), vadd(y1, y1))
  add(to + 3 * toStep, x + 3 * xStep, vadd(even, odd))
  add(to + 4 * toStep, x + 4 * xStep, vsub(even, odd))
  even = vmadd(y2, factor(F0_25), y0)
  odd = vmadd(y3, factor(F0_125), vmul(y1, factor(F0_5)))
  add(to + 5 * toStep, x + 5 * xStep, vadd(even, odd))
  add(to + 6 * toStep, x + 6 * xStep, vsub(even, odd))
}

// @ts-ignore: decorator

@inline
function add(to: usize, x: usize, y: Vector): void {
  store0(to, vmadd(load0(x), y, load0(to)))
}

// The factors of a filter at ±1, ±2 and ±½. Each is the inverse of the product of the
// distances to the other points.
// @ts-ignore: decorator
@inline
const AT_1: f32 = -2.0 / 9,
  AT_2: f32 = 1.0 / 90,
  AT_HALF: f32 = 32.0 / 45

/** Computes G g: 8 points from 5 taps. */
// @ts-ignore: decorator
@inline
export function filterLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = load0(from),
    g1 = load0(from + step),
    g2 = load0(from + 2 * step),
    g3 = load0(from + 3 * step),
    g4 = load0(from + 4 * step)
  store0(to, g0)
  store0(to + 7 * toStep, g4)
  pair(vadd(vadd(g0, g2), g4), vadd(g1, g3), AT_1, to + toStep, toStep)
  pair(
    vmadd(g4, splat(16), vmadd(g2, splat(4), g0)),
    vmadd(g3, splat(8), vadd(g1, g1)),
    AT_2,
    to + 3 * toStep,
    toStep,
  )
  pair(
    vmadd(g4, splat(0.0625), vmadd(g2, splat(0.25), g0)),
    vmadd(g3, splat(0.125), vmul(g1, splat(0.5))),
    AT_HALF,
    to + 5 * toStep,
    toStep,
  )
}

// @ts-ignore: decorator

@inline
function pair(even: Vector, odd: Vector, scale: f32, to: usize, toStep: usize): void {
  store0(to, vmul(vadd(even, odd), splat(scale)))
  store0(to + toStep, vmul(vsub(even, odd), splat(scale)))
}

/** Computes Gᵀ m: the gradient of 5 taps from those of 8 points. */
// @ts-ignore: decorator
@inline
export function filterGradientLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const p1 = load0(from + step),
    p2 = load0(from + 2 * step)
  const even1 = vmul(vadd(p1, p2), splat(AT_1)),
    odd1 = vmul(vsub(p1, p2), splat(AT_1))
  const p3 = load0(from + 3 * step),
    p4 = load0(from + 4 * step)
  const even2 = vmul(vadd(p3, p4), splat(AT_2)),
    odd2 = vmul(vsub(p3, p4), splat(AT_2))
  const p5 = load0(from + 5 * step),
    p6 = load0(from + 6 * step)
  const even3 = vmul(vadd(p5, p6), splat(AT_HALF)),
    odd3 = vmul(vsub(p5, p6), splat(AT_HALF))
  store0(to, vadd(vadd(load0(from), even1), vadd(even2, even3)))
  store0(to + toStep, vmadd(odd2, splat(2), vmadd(odd3, splat(0.5), odd1)))
  store0(to + 2 * toStep, vmadd(even2, splat(4), vmadd(even3, splat(0.25), even1)))
  store0(to + 3 * toStep, vmadd(odd2, splat(8), vmadd(odd3, splat(0.125), odd1)))
  store0(
    to + 4 * toStep,
    vadd(vmadd(even2, splat(16), vmadd(even3, splat(0.0625), even1)), load0(from + 7 * step)),
  )
}
