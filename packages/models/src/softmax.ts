/** exp(zᵢ) / ∑ exp(zⱼ), shifted by the largest number, which changes nothing but overflows. */
export function softmax(logits: Float32Array): Float32Array<ArrayBuffer> {
  const largest = Math.max(...logits)
  const powers = Float32Array.from(logits, (z) => Math.exp(z - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
