import { load0, load1, store0, vadd, vmadd } from 'lanes'

/**
 * Multiplies and adds in registers as fast as the machine can. This is the peak that a kernel's
 * speed is compared with. 12 chains are as many as the registers allow, and enough to hide the
 * latency of a multiplication and an addition.
 *
 * @param at the address of a vector of factors and one of summands; the sum is written to the first
 */
export function peak(at: usize, turns: i32): void {
  const factor = load0(at)
  // The vectors come from memory, because V8 would create a constant again at every use, on the
  // units that multiply and add.
  const next = load1(at)
  let a0 = factor
  let a1 = vadd(a0, next)
  let a2 = vadd(a1, next)
  let a3 = vadd(a2, next)
  let a4 = vadd(a3, next)
  let a5 = vadd(a4, next)
  let a6 = vadd(a5, next)
  let a7 = vadd(a6, next)
  let a8 = vadd(a7, next)
  let a9 = vadd(a8, next)
  let a10 = vadd(a9, next)
  let a11 = vadd(a10, next)
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
  const first = vadd(vadd(vadd(a0, a1), vadd(a2, a3)), vadd(a4, a5))
  store0(at, vadd(first, vadd(vadd(vadd(a6, a7), vadd(a8, a9)), vadd(a10, a11))))
}
