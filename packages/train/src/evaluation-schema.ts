import { type ConfusionCount, MAX_MATRIX_CLASSES } from '@mnist-lab/metrics'
import * as z from 'zod/mini'

/** The name and version of the format of `evaluation.json`. */
export const EVALUATION_SCHEMA = 'mnist-lab/evaluation@1'

const count = z.int().check(z.nonnegative())
const positive = z.int().check(z.positive())

const mistakeSchema = z.object({
  /** The index of the image among the test images, from 0. */
  index: count,
  label: count,
  prediction: count,
  /** The probability of the predicted class. */
  confidence: z.number().check(z.minimum(0), z.maximum(1)),
  /** [height, width, channels], one byte for each value, in base64. */
  pixels: z.base64(),
})

const filtersSchema = z
  .object({
    layer: z.string(),
    height: positive,
    width: positive,
    /** The number of the layer's filters. `pictures` has the first of them. */
    outputs: positive,
    /** One picture for each filter: [height, width], row-major. */
    pictures: z.array(z.array(z.number())).check(z.minLength(1)),
  })
  .check(
    z.refine(
      ({ height, width, pictures }) => pictures.every(({ length }) => length === height * width),
      { error: 'a picture does not have height × width weights' },
    ),
  )

/** The confusion matrix of an {@link Evaluation}, in either of its forms. */
interface KeptConfusion {
  readonly dataset: { readonly classNames: readonly string[] }
  readonly confusion?: readonly number[]
  readonly confusionCounts?: readonly ConfusionCount[]
}

/**
 * The contents of `evaluation.json`: the predictions of a run's final weights for its test and its
 * training images.
 */
export const evaluationSchema = z
  .object({
    schema: z.literal(EVALUATION_SCHEMA),
    /** The checksum of weights.safetensors. Other weights need another evaluation. */
    weightsSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    dataset: z.object({
      name: z.string(),
      samples: positive,
      /** [height, width, channels] of one image */
      shape: z.tuple([positive, positive, positive]),
      /** One name for each output of the model, which can be more than the data has classes. */
      classNames: z.array(z.string()).check(z.minLength(1)),
    }),
    backend: z.string(),
    /** The accuracy of the final weights on the training images, without dropout. */
    train: z.object({ samples: positive, accuracy: z.number().check(z.minimum(0), z.maximum(1)) }),
    /**
     * [classes, classes], row-major; a row is a true class, a column a predicted class. It is there
     * for at most `MAX_MATRIX_CLASSES` classes.
     */
    confusion: z.exactOptional(z.array(count)),
    /** Of more classes: the numbers of that matrix that are not 0, the largest first. */
    confusionCounts: z.exactOptional(
      z.array(z.object({ label: count, prediction: count, count: positive })),
    ),
    /** The indices of the images with a wrong prediction, in ascending order. */
    wrong: z.array(count),
    /** The wrong predictions with the highest probabilities, highest first. */
    mistakes: z.array(mistakeSchema),
    filters: filtersSchema,
  })
  .check(
    z.refine(
      ({ confusion, confusionCounts, dataset: { classNames, samples } }) => {
        const classes = classNames.length
        if (confusion !== undefined)
          return confusion.length === classes * classes && total(confusion) === samples
        return (
          confusionCounts !== undefined &&
          classes > MAX_MATRIX_CLASSES &&
          confusionCounts.every((one) => one.label < classes && one.prediction < classes) &&
          total(confusionCounts.map((one) => one.count)) === samples
        )
      },
      {
        error: 'its size or its sum does not match the classes and samples',
        path: ['confusion'],
      },
    ),
    z.refine(
      (evaluation) =>
        evaluation.wrong.length ===
        total(
          confusionCountsOf(evaluation).map(({ label, prediction, count }) =>
            label === prediction ? 0 : count,
          ),
        ),
      {
        error: 'its length is not the number of mistakes in the confusion matrix',
        path: ['wrong'],
      },
    ),
  )

/** The contents of `evaluation.json`, see {@link evaluationSchema}. */
export type Evaluation = z.infer<typeof evaluationSchema>
/** One wrong prediction of an {@link Evaluation}. */
export type Mistake = z.infer<typeof mistakeSchema>

/**
 * Returns the wrong predictions with the highest confidences, highest first. Equal ones keep the
 * order of the samples.
 *
 * @param labels [samples], class indices
 * @param predictions [samples], class indices
 * @param confidences [samples], the probabilities of the predictions
 * @returns at most `limit` indices of samples
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

/** Returns the indices of the samples whose prediction is not their label, in ascending order. */
export function mistakenSamples(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): number[] {
  const wrong: number[] = []
  for (let i = 0; i < labels.length; i++) if (labels[i] !== predictions[i]) wrong.push(i)
  return wrong
}

/**
 * Returns the numbers of the confusion matrix that are not 0, the largest first and equal ones in
 * the order of the matrix.
 */
export function confusionCountsOf({
  confusion,
  confusionCounts = [],
  dataset,
}: KeptConfusion): readonly ConfusionCount[] {
  if (confusion === undefined) return confusionCounts
  const classes = dataset.classNames.length
  return confusion
    .flatMap((count, at) =>
      count === 0 ? [] : [{ label: Math.floor(at / classes), prediction: at % classes, count }],
    )
    .sort((a, b) => b.count - a.count)
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
