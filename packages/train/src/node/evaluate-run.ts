import type { Backend } from '@mnist-lab/backends'
import { type Dataset, imagesBetween, sha256, take } from '@mnist-lab/data'
import { isInputError } from '@mnist-lab/core'
import { accuracy, confusionMatrix } from '@mnist-lab/metrics'
import {
  type Evaluation,
  EVALUATION_SCHEMA,
  mistakenSamples,
  mostConfidentMistakes,
} from '../evaluation-result.js'
import { firstLayerFilters, writeSafetensors } from '@mnist-lab/models'
import { predictDataset } from '../evaluate.js'
import { openRun } from './run-folder.js'
import { readEvaluation, writeEvaluation } from './result-files.js'
import { endingInSoftmax, withTrainedModel } from './trained-model.js'

/** Pictures in an evaluation: what a page shows. */
const MISTAKES = 24
const FILTERS = 64

/** Where the engine and the images come from, when they are needed. */
export interface EvaluationSource {
  readonly backend: () => Promise<Backend>
  /** @param directory of the run's data, when it is not MNIST itself */
  readonly data: (
    directory: string | undefined,
  ) => Promise<{ readonly train: Dataset; readonly test: Dataset }>
  readonly signal: AbortSignal
}

/**
 * What a run's weights make of its images: `evaluation.json`, made when it is missing, unreadable or of other weights.
 *
 * @throws InputError when the folder is no run's, or its data or a backend cannot be had
 */
export async function evaluateRun(
  directory: string,
  { backend, data, signal }: EvaluationSource,
): Promise<Evaluation> {
  const opened = await openRun(directory)
  const weightsSha256 = await sha256(writeSafetensors(opened.weights))
  const kept = await keptEvaluation(directory)
  if (kept?.weightsSha256 === weightsSha256) return kept
  const engine = await backend()
  const { train, test: samples } = await data(opened.run.dataset.directory)
  const trained = take(train, opened.run.dataset.trainSamples)
  const { batchSize } = opened.run.plan
  const spec = endingInSoftmax(opened.spec)
  const { labels, predictions, confidences, seen } = await withTrainedModel(
    engine,
    opened,
    { batchSize, spec },
    async (trainer) => ({
      ...(await predictDataset(trainer, samples, { batchSize, signal })),
      seen: await predictDataset(trainer, trained, { batchSize, signal }),
    }),
  )
  const { layer, height, width, pictures } = firstLayerFilters(opened.spec, opened.weights)
  const evaluation: Evaluation = {
    schema: EVALUATION_SCHEMA,
    weightsSha256,
    dataset: {
      name: samples.name,
      samples: samples.count,
      shape: [...samples.shape],
      classNames: [...samples.classNames],
    },
    backend: engine.name,
    train: { samples: trained.count, accuracy: accuracy(seen.labels, seen.predictions) },
    confusion: Array.from(confusionMatrix(labels, predictions, samples.classNames.length).counts),
    wrong: mistakenSamples(labels, predictions),
    mistakes: mostConfidentMistakes(labels, predictions, confidences, MISTAKES).map((index) => ({
      index,
      label: labels[index]!,
      prediction: predictions[index]!,
      // Rounding may take a probability of float32 just above 1.
      confidence: Math.min(1, confidences[index]!),
      pixels: Buffer.from(imagesBetween(samples, index, index + 1)).toString('base64'),
    })),
    filters: {
      layer,
      height,
      width,
      outputs: pictures.length,
      pictures: pictures
        .slice(0, FILTERS)
        .map((weights) => Array.from(weights, (weight) => Number(weight.toPrecision(4)))),
    },
  }
  await writeEvaluation(directory, evaluation)
  return evaluation
}

/** One that is damaged or of an earlier version says nothing that could not be found out again. */
async function keptEvaluation(directory: string): Promise<Evaluation | undefined> {
  try {
    return await readEvaluation(directory)
  } catch (error) {
    if (isInputError(error)) return undefined
    throw error
  }
}
