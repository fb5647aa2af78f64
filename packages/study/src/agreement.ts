import { MAIN_VARIANTS, type MainVariant, PUBLISHED } from './published.js'
import { curve, groupOf, type PassName, type StudyResults } from './results.js'

/** The figures that are compared with the published ones. */
export const MEASURES = [
  { pass: 'train', figure: 'accuracy', name: 'train accuracy' },
  { pass: 'train', figure: 'loss', name: 'train loss' },
  { pass: 'validation', figure: 'accuracy', name: 'validation accuracy' },
  { pass: 'validation', figure: 'loss', name: 'validation loss' },
] as const satisfies readonly {
  readonly pass: PassName
  readonly figure: 'accuracy' | 'loss'
  readonly name: string
}[]

/** One of the {@link MEASURES}. */
export type Measure = (typeof MEASURES)[number]

/**
 * The first epoch that is compared. Earlier ones depend on the original's initial weights and data
 * order, which are unknown.
 */
const FROM_EPOCH = 3
/**
 * The accuracy of one class in ten. With softmax applied twice, models learn whole classes early or
 * late.
 */
const ONE_CLASS = 0.1
/**
 * The batch size of the original, by which the published losses are divided. A mistake of a
 * saturated model adds 1 to the sum of losses.
 */
const BATCH = 32

/** Returns the largest difference that counts as agreement. */
function tolerance(variant: MainVariant, { pass, figure }: Measure): number {
  if (variant !== 'lenet5') return figure === 'accuracy' ? ONE_CLASS : ONE_CLASS / BATCH
  if (figure === 'loss') return 0.0001
  return pass === 'train' ? 0.002 : 0.006
}

/** The comparison of one measure of one model with the original. */
export interface Comparison {
  readonly variant: MainVariant
  readonly measure: Measure
  readonly tolerance: number
  readonly epochs: readonly {
    readonly epoch: number
    readonly ours: number
    readonly original: number
    readonly difference: number
  }[]
  /** The epochs whose difference is larger than the tolerance. */
  readonly outside: readonly number[]
  /** The difference with the largest absolute value, or 0 if no epoch is compared. */
  readonly largest: number
}

/**
 * Compares every measure of every trained model. Means over seeds are rounded to four decimals, as
 * the published figures are.
 */
export function agreement(results: StudyResults): readonly Comparison[] {
  return MAIN_VARIANTS.flatMap((variant) => {
    const group = groupOf(results, variant)
    if (group === undefined) return []
    return MEASURES.map((measure): Comparison => {
      const allowed = tolerance(variant, measure)
      const published = PUBLISHED[variant][measure.pass][measure.figure]
      const epochs = curve(
        group,
        measure.pass,
        measure.figure === 'loss' ? 'batchLossPerSample' : 'accuracy',
      )
        .filter(({ epoch }) => epoch >= FROM_EPOCH && epoch <= published.length)
        .map(({ epoch, mean }) => {
          const [ours, original] = [Number(mean.toFixed(4)), published[epoch - 1]!]
          return { epoch, ours, original, difference: ours - original }
        })
      // Decimal fractions are not exact in binary.
      const outside = epochs
        .filter(({ difference }) => Math.abs(difference) > allowed + 1e-9)
        .map(({ epoch }) => epoch)
      const largest = epochs.reduce(
        (most, { difference }) => (Math.abs(difference) > Math.abs(most) ? difference : most),
        0,
      )
      return { variant, measure, tolerance: allowed, epochs, outside, largest }
    })
  })
}
