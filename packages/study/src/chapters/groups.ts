import type { PassFigures, RunResult } from '@mnist-lab/train'
import type { ReportedStudyRun, StudyResults, StudyVariant } from '../study-result.js'
import { mean as arithmeticMean, sampleStandardDeviation } from 'simple-statistics'

export type Loss = RunResult['plan']['loss']
/** The study's own loss. */
export const TWICE: Loss = 'doubleSoftmaxCrossEntropy'
export const ONCE: Loss = 'softmaxCrossEntropy'

/** The runs of one variant with one loss, by seed; one or more. */
export type Group = readonly [ReportedStudyRun, ...ReportedStudyRun[]]

export type PassName = 'train' | 'validation'
export type Figure = 'accuracy' | 'loss' | 'batchLossPerSample'

/** @returns the runs, or undefined when there are none */
export function groupOf(
  { runs }: StudyResults,
  variant: StudyVariant,
  loss: Loss = TWICE,
): Group | undefined {
  const [first, ...others] = runs
    .filter(({ planned }) => planned.variant === variant && planned.loss === loss)
    .toSorted((a, b) => a.planned.seed - b.planned.seed)
  return first === undefined ? undefined : [first, ...others]
}

/** One figure of an epoch over the seeds. */
export interface Spread {
  readonly epoch: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** A figure epoch by epoch; only epochs that all runs have. */
export function curve(group: Group, pass: PassName, figure: Figure): readonly Spread[] {
  const epochs = Math.min(...group.map(({ run }) => run.epochs.length))
  return Array.from({ length: epochs }, (_, at) => at).flatMap((at) => {
    const values = group.flatMap(({ run }) => passOf(run, at, pass)?.[figure] ?? [])
    return values.length === 0
      ? []
      : { epoch: at + 1, mean: mean(values), low: Math.min(...values), high: Math.max(...values) }
  })
}

function passOf(run: RunResult, at: number, pass: PassName): PassFigures | undefined {
  return run.epochs[at]?.[pass]
}

/** A figure after the last epoch, a seed each. */
export function finals(group: Group, pass: PassName, figure: Figure): readonly number[] {
  return group.flatMap(({ run }) => run.epochs.at(-1)?.[pass]?.[figure] ?? [])
}

/** Mean over seeds of the accuracy on the validation images after the last epoch. */
export function validationAccuracy(group: Group): number {
  return mean(finals(group, 'validation', 'accuracy'))
}

/**
 * Mean over seeds of the accuracy on the training images less that on the validation images, both of the final weights
 * without dropout: what an epoch's own training accuracy says is of weights that are still changing.
 */
export function gap(group: Group): number {
  return mean(group.map(({ evaluation }) => evaluation.train.accuracy)) - validationAccuracy(group)
}

/** The sample's standard deviation; undefined of fewer than two values. */
export function deviation(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : sampleStandardDeviation([...values])
}

export function mean(values: readonly number[]): number {
  return arithmeticMean([...values])
}
