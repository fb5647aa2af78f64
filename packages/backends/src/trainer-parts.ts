import { checkWeights, type ModelSpec, type Weights } from '@mnist-lab/models'
import { softmaxRows } from './cross-entropy.js'
import { BackendError, type TrainerState } from './interface.js'
import { optimizerState } from './optimizer.js'

/**
 * Checks a model and its weights, as every engine does before it compiles them.
 *
 * @throws ModelError when the spec or the weights are wrong
 * @throws BackendError when there is nothing to train
 */
export function checkTrainable(spec: ModelSpec, weights: Weights): void {
  checkWeights(spec, weights)
  if (weights.length === 0) {
    throw new BackendError({
      where: `model ${spec.name}`,
      what: 'it has nothing to train',
      hint: 'add a dense or conv2d layer',
    })
  }
}

/**
 * Returns the state before the first step: the weights, not copied, and zeros for all that the
 * optimizer keeps.
 */
export function startState(weights: Weights): TrainerState {
  const zeros = (): Weights =>
    weights.map((tensor) => ({ ...tensor, data: new Float32Array(tensor.data.length) }))
  return { weights, ...optimizerState(zeros), step: 0 }
}

/** What {@link predictInBatches} needs of an engine. */
export interface Predictor {
  readonly spec: ModelSpec
  readonly classes: number
  /** The most images at a time. */
  readonly batchSize: number
  /**
   * Computes the logits of `size` images from their pixel bytes.
   *
   * @returns [size, classes]; read before the next call
   */
  readonly logits: (size: number, bytes: Uint8Array) => Float32Array | Promise<Float32Array>
}

/** Implements `Trainer.predict` on an engine's logits, batch by batch. */
export async function predictInBatches(
  images: Uint8Array,
  { spec, classes, batchSize, logits }: Predictor,
): Promise<Float32Array> {
  const pixels = spec.inputShape.reduce((product, side) => product * side, 1)
  const count = images.length / pixels
  if (!Number.isInteger(count))
    throw new RangeError(`predict: ${images.length} bytes are not a multiple of ${pixels}`)
  const outputs = new Float32Array(count * classes)
  for (let from = 0; from < count; from += batchSize) {
    const part = images.subarray(from * pixels, Math.min(count, from + batchSize) * pixels)
    outputs.set(await logits(part.length / pixels, part), from * classes)
  }
  return spec.layers.at(-1)?.type === 'softmax' ? softmaxRows(outputs, classes) : outputs
}
