// The trained models of the study, and models with every choice that a layer has, each with what it
// computes for some images.
import type { Backend } from '@mnist-lab/backends'
import { sizeOf } from '@mnist-lab/core'
import { loadMnist } from '@mnist-lab/data/node'
import {
  initialWeights,
  type Layer,
  type ModelSpec,
  normalizationTable,
  type Weights,
} from '@mnist-lab/models'
import { withoutSoftmax } from '@mnist-lab/models/export'
import { referenceLogits } from '@mnist-lab/models/testing'
import { chooseBackend, openRun, withTrainedModel } from '@mnist-lab/train/node'
import { join } from 'node:path'
import { succeed } from '../support/program.js'

/** A model, and the logits that it has for some images. */
export interface Known {
  readonly name: string
  readonly spec: ModelSpec
  readonly weights: Weights
  readonly count: number
  /** [image, height, width, channels], bytes */
  readonly pixels: Uint8Array
  /** One list for each image. */
  readonly logits: readonly (readonly number[])[]
}

/** The first test images that the trained models are compared on. */
const IMAGES = 1000

/**
 * Trains the three models of the study, long enough that their logits are as large as usual, and
 * returns what they compute on a backend of ours.
 *
 * @param folder the folder that the runs are written to, each under its model's name
 */
export async function trainedModels(folder: string): Promise<readonly Known[]> {
  const { test } = await loadMnist({ limit: 1 })
  const pixels = test.images.subarray(0, IMAGES * 784)
  const { backend } = await chooseBackend({})
  const models: Known[] = []
  for (const name of ['lenet5', 'custom-mlp', 'lenet5-regularized']) {
    const run = join(folder, name)
    await succeed(['train', name, '--epochs', '2', '--limit', '20000', '--out', run])
    models.push(await knownRun(name, run, pixels, backend))
  }
  return models
}

async function knownRun(
  name: string,
  run: string,
  pixels: Uint8Array,
  backend: Backend,
): Promise<Known> {
  const opened = await openRun(run)
  const count = pixels.length / sizeOf(opened.spec.inputShape)
  const outputs = await outputsOfRun(run, pixels, { backend, logits: true })
  const classes = outputs.length / count
  const logits = Array.from({ length: count }, (_, at) =>
    Array.from(outputs.subarray(at * classes, (at + 1) * classes)),
  )
  return { name, spec: opened.spec, weights: opened.weights, count, pixels, logits }
}

/** Returns what a run computes for some images on a backend of ours. */
export async function outputsOfRun(
  run: string,
  pixels: Uint8Array,
  { backend, logits = false }: { readonly backend: Backend; readonly logits?: boolean },
): Promise<Float32Array> {
  const opened = await openRun(run)
  const spec = logits ? withoutSoftmax(opened.spec) : opened.spec
  const batchSize = pixels.length / sizeOf(spec.inputShape)
  return withTrainedModel(backend, opened, { batchSize, spec }, (trainer) =>
    trainer.predict(pixels),
  )
}

const flatten: Layer = { type: 'flatten' }

/** Every choice that a layer has, in a few small models. */
const CHOICES: readonly ModelSpec[] = [
  {
    name: 'a name with spaces & é',
    inputShape: [9, 7, 3],
    normalization: { mean: 0.5, std: 0.25 },
    layers: [
      { type: 'conv2d', filters: 5, kernelSize: [3, 2], stride: [2, 1], padding: 'same' },
      { type: 'relu' },
      { type: 'maxPool2d', poolSize: [2, 3], stride: 1 },
      { type: 'conv2d', filters: 4, kernelSize: 2, padding: 1 },
      { type: 'tanh' },
      { type: 'avgPool2d', poolSize: 2, stride: [1, 2] },
      flatten,
      { type: 'dropout', rate: 0.25 },
      { type: 'tanh' },
      { type: 'dense', units: 6 },
      { type: 'relu' },
      { type: 'dense', units: 3 },
    ],
  },
  {
    name: 'flat-end',
    inputShape: [5, 4, 2],
    layers: [{ type: 'conv2d', filters: 3, kernelSize: 3 }, flatten, { type: 'softmax' }],
  },
  {
    name: 'uneven',
    inputShape: [6, 6, 1],
    layers: [
      { type: 'conv2d', filters: 2, kernelSize: 4, stride: 3, padding: 'same' },
      { type: 'conv2d', filters: 2, kernelSize: 1, padding: 2 },
      flatten,
      { type: 'dense', units: 2 },
      { type: 'softmax' },
    ],
  },
]

/** Returns {@link CHOICES} with random weights and random images. */
export function modelsOfEveryChoice(): readonly Known[] {
  return CHOICES.map((spec) => {
    const pixels = Uint8Array.from(
      { length: 8 * sizeOf(spec.inputShape) },
      (_, i) => (i * 7919) % 256,
    )
    return known(spec.name, spec, initialWeights(spec, { seed: 3, scheme: 'pytorch' }), pixels)
  })
}

function known(name: string, spec: ModelSpec, weights: Weights, pixels: Uint8Array): Known {
  const size = sizeOf(spec.inputShape)
  const count = pixels.length / size
  const table = normalizationTable(spec.normalization)
  const logits = Array.from({ length: count }, (_, at) => {
    const image = Array.from(pixels.subarray(at * size, (at + 1) * size), (byte) => table[byte]!)
    return referenceLogits(spec, weights, image)
  })
  return { name, spec, weights, count, pixels, logits }
}

/** Returns the pixels from 0 to 1, [image, height, width, channels]. */
export function unitPixels({ pixels }: Known): Float32Array {
  return Float32Array.from(pixels, (byte) => byte / 255)
}

/** Returns the pixels from 0 to 1, [image, channels, height, width]. */
export function channelsFirst(known: Known): Float32Array {
  const [height, width, channels] = known.spec.inputShape
  const from = unitPixels(known)
  const area = height * width
  return from.map((_, i) => {
    const image = Math.floor(i / (area * channels))
    const channel = Math.floor(i / area) % channels
    return from[(image * area + (i % area)) * channels + channel]!
  })
}

/** What two programs differ in. */
export interface Difference {
  /** The number of images for which they choose another class. */
  readonly otherClasses: number
  /** The largest difference of an output. */
  readonly largest: number
  /** The largest output. */
  readonly scale: number
}

/** Compares outputs, [image, class], with the logits of a model. */
export function compare({ logits }: Known, outputs: ArrayLike<number>): Difference {
  let [otherClasses, largest, scale] = [0, 0, 0]
  const best = (values: readonly number[]) => values.indexOf(Math.max(...values))
  for (const [at, expected] of logits.entries()) {
    const got = expected.map((_, i) => outputs[at * expected.length + i]!)
    if (best(got) !== best(expected)) otherClasses++
    for (const [i, value] of expected.entries()) {
      const difference = Math.abs(got[i]! - value)
      // A missing output is no number, which no comparison finds large.
      largest = difference <= largest ? largest : difference
      scale = Math.max(scale, Math.abs(value))
    }
  }
  return { otherClasses, largest, scale }
}

/** Returns e^z / ∑ e^z of each image's logits. */
export function probabilitiesOf({ logits }: Known): readonly (readonly number[])[] {
  return logits.map((row) => {
    const sum = row.reduce((total, z) => total + Math.exp(z), 0)
    return row.map((z) => Math.exp(z) / sum)
  })
}
