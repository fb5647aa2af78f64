import type { Normalization } from './spec.js'

/**
 * What each pixel byte p becomes: (p / 255 − mean) / std, rounded to float32 after every operation, as a float32
 * tensor's arithmetic rounds.
 *
 * @param normalization @default { mean: 0, std: 1 }
 * @returns 256 values
 */
export function normalizationTable(
  normalization: Normalization = { mean: 0, std: 1 },
): Float32Array {
  const mean = Math.fround(normalization.mean)
  const std = Math.fround(normalization.std)
  // The array rounds the last operation.
  return Float32Array.from(
    { length: 256 },
    (_, pixel) => Math.fround(Math.fround(pixel / 255) - mean) / std,
  )
}
