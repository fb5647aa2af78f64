/** v ← momentum · v + g + decay · w, w ← w − rate · v, for `count` numbers, a multiple of 4. */
export function sgd(w: usize, v: usize, g: usize, count: i32, rate: f32, momentum: f32, decay: f32): void {
  const bytes: usize = <usize>count << 2
  const r = f32x4.splat(rate), m = f32x4.splat(momentum), d = f32x4.splat(decay)
  for (let at: usize = 0; at < bytes; at += 16) {
    const weight = v128.load(w + at)
    const gradient = f32x4.add(v128.load(g + at), f32x4.mul(weight, d))
    const velocity = f32x4.add(f32x4.mul(v128.load(v + at), m), gradient)
    v128.store(v + at, velocity)
    v128.store(w + at, f32x4.sub(weight, f32x4.mul(velocity, r)))
  }
}
