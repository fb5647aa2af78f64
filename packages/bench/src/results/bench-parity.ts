import { z } from 'zod'

const delta = z.number().nonnegative()

/** A difference of two tensors. */
const tensorDeltaSchema = z.object({
  /** Largest absolute difference of two numbers of the same place. */
  maxDelta: delta,
  /** The same, as a share of the reference's largest magnitude. */
  relative: delta,
})

export const parityLayerSchema = z.object({
  /** A parameter: `conv2d_1/kernel`. */
  name: z.string(),
  /** Of the loss of the first step. */
  gradient: tensorDeltaSchema.optional(),
  /** After all steps. */
  weight: tensorDeltaSchema,
})

export const firstDivergenceSchema = z.object({
  /** `3 avgPool2d` */
  layer: z.string(),
  pass: z.enum(['forward', 'backward']),
  relative: delta,
})

export const benchParitySchema = z.object({
  /** The backend compared with, run in a process of its own on the same batches from the same weights. */
  reference: z.string(),
  steps: z.number().int().positive(),
  /** Largest absolute difference of a step's loss, over steps and repetitions. */
  maxLossDelta: delta,
  /** Largest absolute difference of a weight after these steps, over repetitions; absent for a peer that does not tell its weights. */
  maxWeightDelta: delta.optional(),
  /** What the model says of test images before any step: inference alone. */
  forward: tensorDeltaSchema.optional(),
  /** Parameter by parameter, the worst of the repetitions. */
  layers: z.array(parityLayerSchema),
  ok: z.boolean(),
  /** Out of tolerance: the first layer whose result or gradient differs, found by training ever longer parts of the model. */
  firstDivergence: firstDivergenceSchema.optional(),
})

export type TensorDelta = z.infer<typeof tensorDeltaSchema>
export type ParityLayer = z.infer<typeof parityLayerSchema>
export type FirstDivergence = z.infer<typeof firstDivergenceSchema>
export type BenchParity = z.infer<typeof benchParitySchema>
