import type { StudyResults } from '../study-result.js'
import { curve, groupOf, type PassName } from './groups.js'
import { MAIN_VARIANTS, type MainVariant, PUBLISHED } from './published.js'

/** What is compared with the published figures. */
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

export type Measure = (typeof MEASURES)[number]

/** Epochs before it depend on the initial weights and the order of the data, which nobody knows. */
const FROM_EPOCH = 3
/** One class of ten learnt sooner or later: with softmax twice, models that saturate are apart by whole classes. */
const ONE_CLASS = 0.1
/** Every mistake of a saturated model adds 1 to the sum of the losses, and the published losses are divided by the batch. */
const BATCH = 32

/** Largest difference that counts as agreement. */
export function tolerance(variant: MainVariant, { pass, figure }: Measure): number {
  if (variant !== 'lenet5') return figure === 'accuracy' ? ONE_CLASS : ONE_CLASS / BATCH
  if (figure === 'loss') return 0.0001
  return pass === 'train' ? 0.002 : 0.006
}

/** One measure of one model over the epochs that are compared. */
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
  /** Epochs beyond the tolerance. */
  readonly beyond: readonly number[]
  /** Of the epochs that are compared; 0 without any. */
  readonly largest: number
}

/** Every measure of every model that was trained: means over seeds, rounded as the published figures are. */
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
      // Four decimals are not exact in binary.
      const beyond = epochs
        .filter(({ difference }) => Math.abs(difference) > allowed + 1e-9)
        .map(({ epoch }) => epoch)
      const largest = epochs.reduce(
        (most, { difference }) => (Math.abs(difference) > Math.abs(most) ? difference : most),
        0,
      )
      return { variant, measure, tolerance: allowed, epochs, beyond, largest }
    })
  })
}
