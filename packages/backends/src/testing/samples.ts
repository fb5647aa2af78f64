import type { ModelSpec, Weights } from '@mnist-lab/models'
import { type ClassIndices, createStream, fillUniform, sizeOf } from '@mnist-lab/core'
import type { Batch, TrainingPlan } from '../interface.js'

/**
 * A model with every type of layer, whose sides and channels are not multiples of a vector's width.
 */
export const everyLayer: ModelSpec = {
  name: 'every-layer',
  inputShape: [11, 10, 2],
  normalization: { mean: 0.5, std: 0.25 },
  layers: [
    { type: 'conv2d', filters: 3, kernelSize: [3, 2], padding: 'same', stride: 2 },
    { type: 'relu' },
    { type: 'conv2d', filters: 5, kernelSize: 3, padding: 1 },
    { type: 'maxPool2d', poolSize: 2 },
    { type: 'tanh' },
    { type: 'conv2d', filters: 4, kernelSize: 2 },
    { type: 'avgPool2d', poolSize: [2, 1], stride: 1 },
    { type: 'flatten' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 7 },
    { type: 'tanh' },
    { type: 'dense', units: 3 },
    { type: 'softmax' },
  ],
}

/** Returns the same model with every dropout rate 0, so that a training step is a pure function. */
export function withoutDropout(spec: ModelSpec): ModelSpec {
  return {
    ...spec,
    layers: spec.layers.map((layer) => (layer.type === 'dropout' ? { ...layer, rate: 0 } : layer)),
  }
}

/** The training plan of the contract suite. */
export const plan: TrainingPlan = {
  loss: 'softmaxCrossEntropy',
  optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 0 },
  batchSize: 8,
  seed: 11,
}

/**
 * Returns images of random pixels that show their label: class c is bright in its own third of the
 * image.
 */
export function samples(
  spec: ModelSpec,
  size: number,
  seed = 1,
): { images: Uint8Array; labels: Uint8Array } {
  const pixels = sizeOf(spec.inputShape)
  const noise = new Float32Array(size * pixels)
  fillUniform(createStream(seed, 'bench'), noise, 0, 120)
  const labels = Uint8Array.from({ length: size }, (_, i) => i % 3)
  const images = Uint8Array.from(noise, (value, i) => {
    const part = Math.floor(((i % pixels) / pixels) * 3)
    return value + (part === labels[Math.floor(i / pixels)] ? 120 : 0)
  })
  return { images, labels }
}

/** Returns images and labels as a {@link Batch}. */
export function toBatch({ images, labels }: { images: Uint8Array; labels: ClassIndices }): Batch {
  return {
    size: labels.length,
    labels,
    pixels: images.length / labels.length,
    writeImages(target, table) {
      for (let i = 0; i < images.length; i++) target[i] = table[images[i]!]!
    },
  }
}

/** Returns all numbers of the tensors, one after the other. */
export function flat(weights: Weights): number[] {
  return weights.flatMap(({ data }) => Array.from(data))
}
