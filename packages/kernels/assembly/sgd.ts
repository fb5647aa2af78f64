import { Vector, load0, splat, store0, vadd, vmul, vsub } from 'lanes'

// The optimizer step is that of torch.optim.SGD: v ← momentum · v + g + decay · w, w ← w − rate ·
// v. The functions that sum a gradient end with this step, so that gradients are never written to
// memory. The next pass begins after all of these steps.
//
// With Nesterov momentum the weight moves by momentum · v + g + decay · w instead, with the new v.
// That step is a function of its own, so that the kernels contain it once and plain SGD stays as
// short as it is.

/**
 * Rounds a velocity to a multiple of 2⁻⁹⁰ when it is added and subtracted again, and leaves a
 * velocity above 10⁻¹² as it is. Without a gradient a velocity shrinks until rounding stops it. If
 * it were stopped only by float32's smallest number, the velocity and its product with the learning
 * rate would be denormal, and processors take a hundred times as long for such numbers.
 */
// @ts-ignore: decorator
@inline
const TINY: f32 = 1e-20

/** The address of rate, momentum, decay and nesterov, one after the other in memory. */
export type Optimizer = usize

// @ts-ignore: decorator

@inline
export function updateNumber(w: usize, v: usize, gradient: f32, optimizer: Optimizer): void {
  if (load<i32>(optimizer, 12)) return updateNumberNesterov(w, v, gradient, optimizer)
  const weight = load<f32>(w)
  const velocity =
    load<f32>(v) * load<f32>(optimizer, 4) +
    (gradient + load<f32>(optimizer, 8) * weight) +
    TINY -
    TINY
  store<f32>(v, velocity)
  store<f32>(w, weight - velocity * load<f32>(optimizer))
}

// @ts-ignore: decorator

@inline
export function updateVector(w: usize, v: usize, gradient: Vector, optimizer: Optimizer): void {
  if (load<i32>(optimizer, 12)) return updateVectorNesterov(w, v, gradient, optimizer)
  const weight = load0(w)
  const tiny = splat(TINY)
  const sum = vadd(
    vmul(load0(v), splat(load<f32>(optimizer, 4))),
    vadd(gradient, vmul(splat(load<f32>(optimizer, 8)), weight)),
  )
  const velocity = vsub(vadd(sum, tiny), tiny)
  store0(v, velocity)
  store0(w, vsub(weight, vmul(velocity, splat(load<f32>(optimizer)))))
}

function updateNumberNesterov(w: usize, v: usize, gradient: f32, optimizer: Optimizer): void {
  const momentum = load<f32>(optimizer, 4)
  const weight = load<f32>(w)
  const slope = gradient + load<f32>(optimizer, 8) * weight
  const velocity = load<f32>(v) * momentum + slope + TINY - TINY
  store<f32>(v, velocity)
  store<f32>(w, weight - (velocity * momentum + slope) * load<f32>(optimizer))
}

function updateVectorNesterov(w: usize, v: usize, gradient: Vector, optimizer: Optimizer): void {
  const momentum = splat(load<f32>(optimizer, 4))
  const weight = load0(w)
  const tiny = splat(TINY)
  const slope = vadd(gradient, vmul(splat(load<f32>(optimizer, 8)), weight))
  const velocity = vsub(vadd(vadd(vmul(load0(v), momentum), slope), tiny), tiny)
  store0(v, velocity)
  const move = vadd(vmul(velocity, momentum), slope)
  store0(w, vsub(weight, vmul(move, splat(load<f32>(optimizer)))))
}
