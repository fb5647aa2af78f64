import { load0, loadSplat, store0, vclamp, vdiv, vmadd, vmul } from 'lanes'

/**
 * Computes y = tanh(x) by a rational approximation, x · P(x²) / Q(x²) on |x| ≤ 7.90531, beyond
 * which float32's tanh is ±1.
 *
 * @param count 8 or more
 * @param table the limit, the coefficients of P from the highest power down, then those of Q. They
 * are in memory, because V8 loads a vector in one instruction, but needs three to create a constant
 * vector, in every iteration of a loop. The caller writes them, because a module on another
 * program's heap has no data of its own.
 */
export function tanh(x: usize, y: usize, count: i32, table: usize): void {
  const limit = load<f32>(table)
  const bytes = <usize>count << 2
  // Two vectors are computed at a time, so that the operations of one hide the latency of the
  // other. The last two may overlap the two before them.
  for (let i: usize = 0; i < bytes; i += 32) {
    const at = min(i, bytes - 32)
    const v0 = vclamp(load0(x + at), limit), v1 = vclamp(load0(x + at + 16), limit)
    const s0 = vmul(v0, v0), s1 = vmul(v1, v1)
    let n0 = loadSplat(table + 4), n1 = n0
    const p2 = loadSplat(table + 8)
    n0 = vmadd(n0, s0, p2)
    n1 = vmadd(n1, s1, p2)
    const p3 = loadSplat(table + 12)
    n0 = vmadd(n0, s0, p3)
    n1 = vmadd(n1, s1, p3)
    const p4 = loadSplat(table + 16)
    n0 = vmadd(n0, s0, p4)
    n1 = vmadd(n1, s1, p4)
    const p5 = loadSplat(table + 20)
    n0 = vmadd(n0, s0, p5)
    n1 = vmadd(n1, s1, p5)
    const p6 = loadSplat(table + 24)
    n0 = vmadd(n0, s0, p6)
    n1 = vmadd(n1, s1, p6)
    const p7 = loadSplat(table + 28)
    n0 = vmadd(n0, s0, p7)
    n1 = vmadd(n1, s1, p7)
    let d0 = loadSplat(table + 32), d1 = d0
    const q1 = loadSplat(table + 36)
    d0 = vmadd(d0, s0, q1)
    d1 = vmadd(d1, s1, q1)
    const q2 = loadSplat(table + 40)
    d0 = vmadd(d0, s0, q2)
    d1 = vmadd(d1, s1, q2)
    const q3 = loadSplat(table + 44)
    d0 = vmadd(d0, s0, q3)
    d1 = vmadd(d1, s1, q3)
    store0(y + at, vdiv(vmul(v0, n0), d0))
    store0(y + at + 16, vdiv(vmul(v1, n1), d1))
  }
}
