import type { StepAttrs } from '@tensorflow/tfjs-core'
import { floatInput, floatOutput, type FloatTensor, type TrainingKernel } from './kernel-call.js'

/** Computes y[to + i] ← a[p + i · aStep] ∘ b[q + i · bStep] for `count` numbers. */
type Loop = (
  a: Float32Array,
  p: number,
  aStep: number,
  b: Float32Array,
  q: number,
  bStep: number,
  y: Float32Array,
  to: number,
  count: number,
) => void

// Each operation has its own loop, because a loop that got the operation as a function would call
// it for every number.

/** Computes `Add`. */
export const add = binary((a, p, aStep, b, q, bStep, y, to, count) => {
  for (const end = to + count; to < end; p += aStep, q += bStep) y[to++] = a[p]! + b[q]!
})

/** Added to a number and subtracted again, it rounds the number to a multiple of 2⁻⁹⁰. */
const TINY = Math.fround(1e-20)

/**
 * Computes `AddAndFlush`, a kernel that TensorFlow.js does not have: a + b, rounded to a multiple
 * of 2⁻⁹⁰, so that the sum is no denormal number. See the kernel of that name for the wasm backend.
 */
export const addAndFlush = binary((a, p, aStep, b, q, bStep, y, to, count) => {
  for (const end = to + count; to < end; p += aStep, q += bStep)
    y[to++] = Math.fround(Math.fround(a[p]! + b[q]!) + TINY) - TINY
})

/** Computes `Sub`. */
export const sub = binary((a, p, aStep, b, q, bStep, y, to, count) => {
  for (const end = to + count; to < end; p += aStep, q += bStep) y[to++] = a[p]! - b[q]!
})

/** Computes `Multiply`. */
export const multiply = binary((a, p, aStep, b, q, bStep, y, to, count) => {
  for (const end = to + count; to < end; p += aStep, q += bStep) y[to++] = a[p]! * b[q]!
})

/** Computes `RealDiv`. */
export const realDiv = binary((a, p, aStep, b, q, bStep, y, to, count) => {
  for (const end = to + count; to < end; p += aStep, q += bStep) y[to++] = a[p]! / b[q]!
})

/** Computes `Relu`. */
export const relu = unary((x, y) => {
  for (let i = 0; i < x.length; i++) y[i] = x[i]! <= 0 ? 0 : x[i]!
})

/** Computes `Step`. */
export const step = unary((x, y, attrs) => {
  const { alpha } = attrs as unknown as StepAttrs
  for (let i = 0; i < x.length; i++) y[i] = x[i]! > 0 ? 1 : x[i]! <= 0 ? alpha : NaN
})

/**
 * Computes tanh as x · P(x²) / Q(x²) on |x| ≤ 7.90531, beyond which float32's tanh is ±1. The
 * coefficients are those of Eigen's fast tanh. The relative difference from Math.tanh is at most
 * 4e-7.
 */
export const tanh = unary((x, y) => {
  for (let i = 0; i < x.length; i++) {
    const v =
      x[i]! > 7.90531110763549805
        ? 7.90531110763549805
        : x[i]! < -7.90531110763549805
          ? -7.90531110763549805
          : x[i]!
    const s = v * v
    const p =
      (((((-2.76076847742355e-16 * s + 2.00018790482477e-13) * s - 8.60467152213735e-11) * s +
        5.12229709037114e-8) *
        s +
        1.48572235717979e-5) *
        s +
        6.37261928875436e-4) *
        s +
      4.89352455891786e-3
    const q =
      ((1.19825839466702e-6 * s + 1.18534705686654e-4) * s + 2.268434632439e-3) * s +
      4.89352518554385e-3
    y[i] = (v * p) / q
  }
})

function binary(loop: Loop): TrainingKernel {
  return (call) => {
    const [a, b] = [floatInput(call, 'a'), floatInput(call, 'b')]
    if (a === undefined || b === undefined) return undefined
    const [large, small] =
      a.values.length > b.values.length || a.shape.length > b.shape.length ? [a, b] : [b, a]
    if (!repeats(large, small)) return undefined
    const y = new Float32Array(large.values.length)
    // A single number needs one loop over everything, in which its index stays the same. Several
    // numbers need one loop for each repetition.
    const [length, stride] = small.values.length === 1 ? [y.length, 0] : [small.values.length, 1]
    const [aStep, bStep] = [a === small ? stride : 1, b === small ? stride : 1]
    for (let to = 0; to < y.length; to += length)
      loop(
        a.values,
        a === small ? 0 : to,
        aStep,
        b.values,
        b === small ? 0 : to,
        bStep,
        y,
        to,
        length,
      )
    return floatOutput(call, large.shape, y)
  }
}

/** Returns whether the small shape, without ones in front, is the end of the large shape. */
function repeats({ shape: large }: FloatTensor, { shape }: FloatTensor): boolean {
  const first = shape.findIndex((side) => side !== 1)
  const sides = first < 0 ? [] : shape.slice(first)
  return (
    shape.length <= large.length &&
    sides.every((side, i) => side === large[large.length - sides.length + i])
  )
}

function unary(loop: (x: Float32Array, y: Float32Array, attrs: unknown) => void): TrainingKernel {
  return (call) => {
    const x = floatInput(call, 'x')
    if (x === undefined) return undefined
    const y = new Float32Array(x.values.length)
    loop(x.values, y, call.attrs)
    return floatOutput(call, x.shape, y)
  }
}
