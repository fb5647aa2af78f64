import { load0, splat, store0, vadd, vmadd } from 'lanes'

/**
 * Multiplies and adds in registers, as fast as the machine can: what a kernel's speed is measured against. 12 chains are as many as
 * registers allow, and enough to hide what a multiplication and an addition take.
 *
 * @param at a vector of factors; the sum is left there
 */
export function peak(at: usize, turns: i32): void {
  const factor = load0(at)
  const next = splat(1)
  let a0 = factor,
    a1 = vadd(a0, next),
    a2 = vadd(a1, next),
    a3 = vadd(a2, next),
    a4 = vadd(a3, next),
    a5 = vadd(a4, next),
    a6 = vadd(a5, next),
    a7 = vadd(a6, next),
    a8 = vadd(a7, next),
    a9 = vadd(a8, next),
    a10 = vadd(a9, next),
    a11 = vadd(a10, next)
  for (let turn = 0; turn < turns; turn++) {
    a0 = vmadd(a0, factor, next)
    a1 = vmadd(a1, factor, next)
    a2 = vmadd(a2, factor, next)
    a3 = vmadd(a3, factor, next)
    a4 = vmadd(a4, factor, next)
    a5 = vmadd(a5, factor, next)
    a6 = vmadd(a6, factor, next)
    a7 = vmadd(a7, factor, next)
    a8 = vmadd(a8, factor, next)
    a9 = vmadd(a9, factor, next)
    a10 = vmadd(a10, factor, next)
    a11 = vmadd(a11, factor, next)
  }
  store0(
    at,
    vadd(
      vadd(
        vadd(
          vadd(vadd(vadd(vadd(vadd(vadd(vadd(vadd(a0, a1), a2), a3), a4), a5), a6), a7), a8),
          a9,
        ),
        a10,
      ),
      a11,
    ),
  )
}
