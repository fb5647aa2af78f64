import { z } from 'zod'

export const EVALUATION_SCHEMA = 'mnist-lab/evaluation@1'

const count = z.number().int().nonnegative()
const positive = z.number().int().positive()

const mistakeSchema = z.object({
  /** Of the image in its data set, from 0. */
  index: count,
  label: count,
  prediction: count,
  /** The probability that the model gives its prediction. */
  confidence: z.number().min(0).max(1),
  /** [height, width, channels], a byte each, base64. */
  pixels: z.base64(),
})

const filtersSchema = z
  .object({
    layer: z.string(),
    height: positive,
    width: positive,
    /** Of the layer; the first of them are in `pictures`. */
    outputs: positive,
    /** [height, width] each, row-major. */
    pictures: z.array(z.array(z.number())).min(1),
  })
  .refine(
    ({ height, width, pictures }) => pictures.every(({ length }) => length === height * width),
    {
      error: 'a picture has another number of weights than its height and width say',
    },
  )

/** `evaluation.json`: what a run's final weights make of the validation images, and of those that they were trained on. */
export const evaluationSchema = z
  .object({
    schema: z.literal(EVALUATION_SCHEMA),
    /** Of weights.safetensors: later weights need another evaluation. */
    weightsSha256: z.string().regex(/^[0-9a-f]{64}$/),
    dataset: z.object({
      name: z.string(),
      samples: positive,
      /** [height, width, channels] of one image. */
      shape: z.tuple([positive, positive, positive]),
      classNames: z.array(z.string()).min(1),
    }),
    backend: z.string(),
    /** On the training images, without dropout: an epoch's own accuracy is of weights that are still changing. */
    train: z.object({ samples: positive, accuracy: z.number().min(0).max(1) }),
    /** [classes, classes], row-major, true classes down. */
    confusion: z.array(count),
    /** Indices of the images that the model got wrong, ascending. */
    wrong: z.array(count),
    /** The most confident of them, most confident first. */
    mistakes: z.array(mistakeSchema),
    filters: filtersSchema,
  })
  .refine(
    ({ confusion, dataset }) =>
      confusion.length === dataset.classNames.length ** 2 && total(confusion) === dataset.samples,
    {
      error: 'another number of counts than classes and samples give',
      path: ['confusion'],
    },
  )
  .refine(
    ({ confusion, wrong, dataset }) => {
      const right = dataset.classNames.reduce(
        (sum, _, at) => sum + confusion[at * (dataset.classNames.length + 1)]!,
        0,
      )
      return wrong.length === dataset.samples - right
    },
    { error: 'another number of mistakes than in the confusion matrix', path: ['wrong'] },
  )

export type Evaluation = z.infer<typeof evaluationSchema>
export type Mistake = z.infer<typeof mistakeSchema>

/**
 * The mistakes that a model is surest of, surest first; equally sure ones in the order of the samples.
 *
 * @param labels class indices
 * @param predictions class indices, as many
 * @param confidences the probabilities of the predictions, as many
 * @returns indices of samples, `limit` of them or fewer
 */
export function mostConfidentMistakes(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  confidences: ArrayLike<number>,
  limit: number,
): number[] {
  return mistakenSamples(labels, predictions)
    .sort((a, b) => confidences[b]! - confidences[a]! || a - b)
    .slice(0, limit)
}

/** Indices of the samples whose prediction is not their label, ascending. */
export function mistakenSamples(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): number[] {
  const wrong: number[] = []
  for (let i = 0; i < labels.length; i++) if (labels[i] !== predictions[i]) wrong.push(i)
  return wrong
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
