import { printable } from '@mnist-lab/core'
import { z } from 'zod'
import { MOST_SAMPLES } from '../protocol/limits.js'
import { MAX_TEXT, textSchema as text } from '../protocol/text-schema.js'
import { benchRuntimeSchema, STEP_PHASES } from '../results/cell-schema.js'
import { accuracyRunSchema } from '../results/result-schema.js'
import type { CellReport } from './cell-report.js'

const count = z.number().int().nonnegative()
const milliseconds = z.number().nonnegative()
const samplesMs = z.array(milliseconds).min(1).max(MOST_SAMPLES)
/** Losses of a training that diverged are not finite, and parity says so. */
const losses = z.array(z.custom<number>((loss) => typeof loss === 'number')).max(MOST_SAMPLES)
const floats = z.custom<Float32Array>((array) => array instanceof Float32Array)
const tensors = z.array(floats).max(10_000)

const infoSchema = z.looseObject({
  backend: text,
  versions: z.record(text, text),
  device: text,
  simd: text,
  threads: z.number().int().positive(),
  notes: z.array(text).max(1000),
})

const timingsSchema = z.looseObject({
  steps: samplesMs,
  stepsAtOnce: z.number().int().positive().optional(),
  yardstickMs: milliseconds.optional(),
  collections: z.object({ count, ms: milliseconds }).optional(),
  cpuShare: z.number().optional(),
  othersCores: z.number().nonnegative().optional(),
  leak: z
    .object({
      steps: count,
      tensors: z.number(),
      tensorBytes: z.number(),
      engineBytes: z.number(),
      jsBytes: z.number(),
    })
    .optional(),
  load: milliseconds.optional(),
  open: milliseconds,
  compile: milliseconds.optional(),
  firstStep: milliseconds.optional(),
  evaluate: z.object({ images: count, ms: milliseconds }).optional(),
  predictOne: samplesMs.optional(),
  memory: z.record(z.string(), z.number().nonnegative()),
  trainSamples: count,
  testSamples: count,
  startUp: milliseconds.optional(),
})

const profileSchema = z.looseObject({
  steps: samplesMs,
  phases: z.array(z.looseObject({ phase: z.enum(STEP_PHASES), ms: milliseconds })).max(100),
  kernels: z
    .array(
      z.looseObject({ name: text, phase: z.enum(STEP_PHASES), calls: count, ms: milliseconds }),
    )
    .max(100_000),
})

const okReportSchema = z.looseObject({
  status: z.literal('ok'),
  info: infoSchema,
  trace: z
    .looseObject({ losses, weights: tensors, gradients: tensors, forward: floats })
    .optional(),
  plain: z.looseObject({ losses, weights: tensors }).optional(),
  timings: timingsSchema.optional(),
  profile: profileSchema.optional(),
  accuracy: accuracyRunSchema.optional(),
  prefixes: z
    .array(z.looseObject({ layer: text, forward: floats, gradients: tensors }))
    .max(10_000)
    .optional(),
  firstStepAt: milliseconds.optional(),
  runtime: benchRuntimeSchema.optional(),
  browser: z
    .looseObject({ crossOriginIsolated: z.boolean(), timerResolutionMs: z.number().positive() })
    .optional(),
})

const cellReportSchema = z.discriminatedUnion('status', [
  okReportSchema,
  z.object({ status: z.literal('unavailable'), reason: text, hint: text }),
  z.object({ status: z.literal('failed'), reason: text }),
])

/**
 * Checks what a process or a page has sent. Texts become safe to print, and something that
 * is not a report becomes the report of a failure.
 */
export function checkedReport(sent: unknown): CellReport {
  const found = cellReportSchema.safeParse(sent)
  if (found.success) return found.data as CellReport
  const { path, message } = found.error.issues[0]!
  return {
    status: 'failed',
    reason: `its report has a wrong ${printable(path.join('.'), MAX_TEXT) || 'form'}: ${printable(message, MAX_TEXT)}`,
  }
}
