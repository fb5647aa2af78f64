import { z } from 'zod'

/** The parts of a training step, in their order. `synchronise`: waiting for the engine, and reading what it has computed. */
export const STEP_PHASES = ['data', 'forward', 'backward', 'update', 'synchronise'] as const

export const stepPhaseSchema = z.enum(STEP_PHASES)

export const benchProfileSchema = z.object({
  steps: z.number().int().positive(),
  /** Median, with a clock around every kernel: longer than a step without. */
  stepMs: z.number().nonnegative(),
  /** Milliseconds a step, mean. */
  phases: z.array(z.object({ phase: stepPhaseSchema, ms: z.number().nonnegative() })),
  /** A step's, most expensive first; time of kernels called within a kernel is theirs. What lies between the kernels is `(between kernels)`. */
  kernels: z.array(
    z.object({
      name: z.string(),
      phase: stepPhaseSchema,
      calls: z.number().nonnegative(),
      ms: z.number().nonnegative(),
    }),
  ),
})

export type StepPhase = z.infer<typeof stepPhaseSchema>
export type BenchProfile = z.infer<typeof benchProfileSchema>
