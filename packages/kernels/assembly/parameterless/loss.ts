import {
  BLOCK_BYTES,
  SHIFT,
  VECTOR_BYTES,
  Vector,
  load0,
  powerOfTwo,
  splat,
  store0,
  vadd,
  vclamp,
  vdiv,
  vmadd,
  vmax,
  vmul,
  vnearest,
  vsub,
  whereEqual,
  whereGreater,
} from 'lanes'

/**
 * Computes the cross-entropy of softmax(logits), or of softmax(softmax(logits)), and its gradient
 * for one block of samples.
 *
 * @param logits [class][sample]
 * @param labels [sample], class indices as float32
 * @param weights [sample], the factor of each sample's gradient: 1/n, or 0 in lanes without a
 * sample
 * @param gradient [class][sample]
 * @param result [3][sample]: the loss of a sample is log(first) + second; the third is 1 if the
 * largest logit is that of the label, else 0
 */
export function crossEntropy(
  logits: usize,
  labels: usize,
  weights: usize,
  gradient: usize,
  result: usize,
  classes: i32,
  double: i32,
): void {
  const plane: usize = (<usize>classes) << SHIFT
  const zero = splat(0),
    one = splat(1)
  for (let half: usize = 0; half < BLOCK_BYTES; half += VECTOR_BYTES) {
    const z = logits + half,
      g = gradient + half
    const label = load0(labels + half)
    let most = load0(z),
      best = zero,
      index = zero,
      scoreOfLabel = most
    for (let at: usize = 0; at < plane; at += BLOCK_BYTES) {
      const score = load0(z + at)
      // The first of equal numbers counts as the largest, as in PyTorch's argmax.
      best = whereGreater(score, most, index, best)
      most = vmax(most, score)
      scoreOfLabel = whereEqual(index, label, score, scoreOfLabel)
      index = vadd(index, one)
    }
    let total = zero
    for (let at: usize = 0; at < plane; at += BLOCK_BYTES) {
      const e = exp(vsub(load0(z + at), most))
      store0(g + at, e)
      total = vadd(total, e)
    }
    let probabilityOfLabel = zero,
      outer = zero,
      inner = zero
    index = zero
    for (let at: usize = 0; at < plane; at += BLOCK_BYTES) {
      const p = vdiv(load0(g + at), total)
      store0(g + at, p)
      probabilityOfLabel = whereEqual(index, label, p, probabilityOfLabel)
      if (double) {
        const e = exp(p)
        outer = vadd(outer, e)
        inner = vmadd(e, p, inner)
      }
      index = vadd(index, one)
    }
    // The gradient through the inner softmax is dz = p ⊙ (h − ⟨h, p⟩) with h = softmax(p) − onehot.
    const mean = double ? vsub(vdiv(inner, outer), probabilityOfLabel) : zero
    const weight = load0(weights + half)
    index = zero
    for (let at: usize = 0; at < plane; at += BLOCK_BYTES) {
      const p = load0(g + at)
      const hot = whereEqual(index, label, one, zero)
      const d = double ? vmul(p, vsub(vsub(vdiv(exp(p), outer), hot), mean)) : vsub(p, hot)
      // In lanes without a sample the logits can be any numbers, and the gradient must be 0.
      store0(g + at, whereGreater(weight, zero, vmul(d, weight), zero))
      index = vadd(index, one)
    }
    store0(result + half, double ? outer : total)
    store0(
      result + half + BLOCK_BYTES,
      double ? vsub(zero, probabilityOfLabel) : vsub(most, scoreOfLabel),
    )
    store0(result + half + 2 * BLOCK_BYTES, whereEqual(best, label, one, zero))
  }
}

/**
 * Computes exp(x) for x ≤ 1, and 0 for x < −50. The largest term is 1, so the difference is below
 * its precision. Without the 0, gradients would become denormal numbers, for which processors take
 * a hundred times as long. The result is 2ⁿ · exp(r) with |r| ≤ ln 2 / 2, where exp(r) is the
 * polynomial of Cephes' expf.
 */
// @ts-ignore: decorator
@inline
function exp(x: Vector): Vector {
  const v = vclamp(x, 87)
  const n = vnearest(vmul(v, splat(1.44269504088896341)))
  // ln 2 is split in two parts. The first has so few digits that n times it is exact.
  const r = vmadd(n, splat(2.1219444e-4), vmadd(n, splat(-0.693359375), v))
  let p = splat(1.98756915e-4)
  p = vmadd(p, r, splat(1.3981999507e-3))
  p = vmadd(p, r, splat(8.3334519073e-3))
  p = vmadd(p, r, splat(4.1665795894e-2))
  p = vmadd(p, r, splat(1.6666665459e-1))
  p = vmadd(p, r, splat(5.0000001201e-1))
  return whereGreater(
    splat(-50),
    x,
    splat(0),
    vmul(vadd(vmadd(p, vmul(r, r), r), splat(1)), powerOfTwo(n)),
  )
}
