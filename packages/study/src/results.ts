import type { Evaluation, PassFigures, RunResult } from '@mnist-lab/train'
import { mean as arithmeticMean, sampleStandardDeviation } from 'simple-statistics'
import { MAIN_VARIANTS, type MainVariant } from './published.js'
import type { StudyFile, StudyRun, StudyVariant } from './schema.js'

/** The facts about a model that a report shows. They follow from its ModelSpec. */
export interface ModelFacts {
  readonly parameters: number
  /** Multiply-adds of the forward pass of one image. */
  readonly multiplyAdds: number
  /** The layers as torchsummary lists them. */
  readonly layers: readonly {
    readonly name: string
    readonly outputShape: string
    readonly parameters: number
  }[]
  /** The memory of one image as torchsummary prints it, in MB of 1024² bytes. */
  readonly megabytes: {
    readonly input: number
    readonly forwardBackward: number
    readonly parameters: number
    readonly total: number
  }
}

/** One run with everything that a report shows of it. */
export interface ReportedRun {
  readonly run: RunResult
  readonly evaluation: Evaluation
  readonly model: ModelFacts
}

/** A completed run of a study, with its entry in `study.json`. */
export interface ReportedStudyRun extends ReportedRun {
  readonly planned: StudyRun
}

/** A run whose loss became infinite or not a number. It has only the epochs before that. */
export interface DivergedRun {
  readonly planned: StudyRun
  readonly run: RunResult
}

/** Everything that the report of a study is made from. */
export interface StudyResults {
  readonly study: StudyFile
  /** The runs that completed all epochs. */
  readonly runs: readonly ReportedStudyRun[]
  readonly diverged: readonly DivergedRun[]
}

/** The loss that a run is trained with. */
export type Loss = RunResult['plan']['loss']
/** The original's loss, which applies softmax twice. */
export const TWICE: Loss = 'doubleSoftmaxCrossEntropy'
/** The same loss with softmax applied once. */
export const ONCE: Loss = 'softmaxCrossEntropy'

/**
 * The completed runs of one variant with one loss, in the order of their seeds. There is at least
 * one.
 */
export type Group = readonly [ReportedStudyRun, ...ReportedStudyRun[]]

/** The images that a figure is for. */
export type PassName = 'train' | 'validation'
/** A figure of one pass, see `passFiguresSchema` of @mnist-lab/train. */
export type Figure = 'accuracy' | 'loss' | 'batchLossPerSample'

/** Returns the runs of a variant, or undefined if none is completed. */
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

/** One of the original's models with its completed runs. */
export interface MainGroup {
  readonly variant: MainVariant
  readonly group: Group
}

/** Returns those of the original's models that have a completed run with the original's loss. */
export function mainGroups(results: StudyResults): readonly MainGroup[] {
  return MAIN_VARIANTS.flatMap((variant) => {
    const group = groupOf(results, variant)
    return group === undefined ? [] : [{ variant, group }]
  })
}

/** Returns the first seed's run of a variant that diverged, if there is one. */
export function divergedRun(
  { diverged }: StudyResults,
  variant: StudyVariant,
  loss: Loss,
): DivergedRun | undefined {
  return diverged.find(({ planned }) => planned.variant === variant && planned.loss === loss)
}

/**
 * Returns the validation accuracy before a run diverged, or undefined if it diverged in its first
 * epoch.
 */
export function accuracyBefore({ run }: DivergedRun): number | undefined {
  return run.epochs.at(-1)?.validation?.accuracy
}

/** One figure of one epoch over all seeds. */
export interface FigureOverSeeds {
  readonly epoch: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Returns a figure for each epoch that all runs of the group have. */
export function curve(group: Group, pass: PassName, figure: Figure): readonly FigureOverSeeds[] {
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

/** Returns a figure after the last epoch, one value per seed. */
export function finals(group: Group, pass: PassName, figure: Figure): readonly number[] {
  return group.flatMap(({ run }) => run.epochs.at(-1)?.[pass]?.[figure] ?? [])
}

/** Returns the mean over seeds of the validation accuracy after the last epoch. */
export function validationAccuracy(group: Group): number {
  return mean(finals(group, 'validation', 'accuracy'))
}

/**
 * Returns the mean training accuracy minus the mean validation accuracy. Both are measured with the
 * final weights and without dropout, because the training accuracy of an epoch is measured while
 * its weights still change.
 */
export function gap(group: Group): number {
  return mean(group.map(({ evaluation }) => evaluation.train.accuracy)) - validationAccuracy(group)
}

/** Returns the sample standard deviation, or undefined for fewer than two values. */
export function deviation(values: readonly number[]): number | undefined {
  return values.length < 2 ? undefined : sampleStandardDeviation([...values])
}

/** Returns the arithmetic mean of at least one value. */
export function mean(values: readonly number[]): number {
  return arithmeticMean([...values])
}
