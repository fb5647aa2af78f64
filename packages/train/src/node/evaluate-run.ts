import type { Backend } from '@mnist-lab/backends'
import { isInputError } from '@mnist-lab/core'
import { removeTemporaryFiles } from '@mnist-lab/core/node'
import { type Dataset, imagesBetween, sha256 } from '@mnist-lab/data'
import { accuracy, confusionCounts, confusionMatrix, MAX_MATRIX_CLASSES } from '@mnist-lab/metrics'
import { firstLayerFilters, writeSafetensors } from '@mnist-lab/models'
import { outputNames, predictDataset } from '../evaluate.js'
import {
  type Evaluation,
  EVALUATION_SCHEMA,
  mistakenSamples,
  mostConfidentMistakes,
} from '../evaluation-schema.js'
import { checkSamples } from '../fit-options.js'
import { dataOfRun } from '../run-data.js'
import type { RunResult } from '../run-schema.js'
import { loadDataOfRun } from './data-of-run.js'
import { assertEvaluationWritable, openRun, readEvaluation, writeEvaluation } from './run-folder.js'
import {
  type BackendChoice,
  chooseBackend,
  endingInSoftmax,
  withTrainedModel,
} from './trained-model.js'

/** The number of mistakes that an evaluation keeps with their pictures, as many as a page shows. */
const MISTAKES = 24
/** The largest number of filters that an evaluation keeps. */
const FILTERS = 64

/** Provides the backend and the images of an evaluation when they are needed. */
export interface EvaluationSource {
  readonly backend: () => Promise<Backend>
  /** @param dataset what `run.json` says of the run's data */
  readonly data: (
    dataset: RunResult['dataset'],
  ) => Promise<{ readonly train: Dataset; readonly test: Dataset }>
  readonly signal: AbortSignal
}

/**
 * Returns a source that opens the chosen backend and loads the data of all runs once, at the first
 * use.
 */
export function evaluationSource(
  { data, ...choice }: BackendChoice & { readonly data?: string | undefined },
  signal: AbortSignal,
): EvaluationSource {
  const loaded = new Map<string, Promise<{ train: Dataset; test: Dataset }>>()
  let backend: ReturnType<typeof chooseBackend> | undefined
  return {
    signal,
    backend: async () => (await (backend ??= chooseBackend(choice))).backend,
    data: (dataset) => {
      const { directory, classNames, firstLabel, transposed } = dataset
      const key = JSON.stringify([data ?? directory, classNames, firstLabel, transposed])
      const known = loaded.get(key) ?? loadDataOfRun(dataset, data, { signal })
      loaded.set(key, known)
      return known
    },
  }
}

/**
 * Evaluates a run's weights on its test and training images and keeps the result as
 * `evaluation.json`.
 *
 * An evaluation of the same weights that the folder already has is returned as it is.
 *
 * @throws InputError when the folder has no run, or its data or a backend is not available
 */
export async function evaluateRun(
  directory: string,
  { backend, data, signal }: EvaluationSource,
): Promise<Evaluation> {
  const opened = await openRun(directory)
  const weightsSha256 = await sha256(writeSafetensors(opened.weights))
  const kept = await keptEvaluation(directory)
  if (kept?.weightsSha256 === weightsSha256) return kept
  await assertEvaluationWritable(directory)
  const engine = await backend()
  const { train: trained, test: samples } = dataOfRun(opened.run, await data(opened.run.dataset))
  for (const part of [trained, samples]) checkSamples(opened.spec, part)
  const { batchSize } = opened.run.plan
  const spec = endingInSoftmax(opened.spec)
  const { outputs, labels, predictions, confidences, seen } = await withTrainedModel(
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
      classNames: outputNames(samples, outputs),
    },
    backend: engine.name,
    train: { samples: trained.count, accuracy: accuracy(seen.labels, seen.predictions) },
    ...(outputs <= MAX_MATRIX_CLASSES
      ? { confusion: Array.from(confusionMatrix(labels, predictions, outputs).counts) }
      : { confusionCounts: confusionCounts(labels, predictions) }),
    wrong: mistakenSamples(labels, predictions),
    mistakes: mostConfidentMistakes(labels, predictions, confidences, MISTAKES).map((index) => ({
      index,
      label: labels[index]!,
      prediction: predictions[index]!,
      // The float32 rounding may lift a probability just above 1.
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
  await removeTemporaryFiles(directory, [])
  await writeEvaluation(directory, evaluation)
  return evaluation
}

/**
 * Returns the evaluation that the folder has. One that is damaged or of another version counts as
 * missing.
 */
async function keptEvaluation(directory: string): Promise<Evaluation | undefined> {
  try {
    return await readEvaluation(directory)
  } catch (error) {
    if (isInputError(error)) return undefined
    throw error
  }
}
