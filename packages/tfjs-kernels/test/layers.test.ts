// This trains a model of tf.layers on the wasm backend with the training kernels, as a user of
// TensorFlow.js does.
import * as tf from '@tensorflow/tfjs-core'
// In Node.js, tfjs-core alone comes without gradients.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as layers from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { bestTfjsBuild, installTrainingKernels } from '../src/wasm/index.js'
import { numbers } from '../../kernels/test/support.js'

// This keeps advertisements off the console.
beforeAll(() => tf.enableProdMode())

function createModel(): layers.LayersModel {
  const model = layers.sequential({
    layers: [
      layers.layers.conv2d({
        inputShape: [12, 12, 1],
        filters: 6,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      layers.layers.maxPooling2d({ poolSize: 2 }),
      layers.layers.conv2d({ filters: 5, kernelSize: 3, strides: 1, activation: 'tanh' }),
      layers.layers.averagePooling2d({ poolSize: 2 }),
      layers.layers.flatten(),
      layers.layers.dense({ units: 9, activation: 'relu' }),
      layers.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  })
  model.setWeights(
    model.getWeights().map((weight, i) =>
      tf.tensor(
        numbers(weight.size, `weight ${i}`).map((value) => value / 3),
        weight.shape,
      ),
    ),
  )
  // This is not a string, because tf.layers would look strings up in the train namespace of
  // tfjs-core.
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' })
  return model
}

/** Returns the losses of some steps, and the weights after the last one. */
async function train(backend: string): Promise<{ losses: number[]; weights: number[] }> {
  await tf.setBackend(backend)
  const model = createModel()
  const losses: number[] = []
  for (let step = 0; step < 6; step++) {
    const x = tf.tensor4d(numbers(8 * 12 * 12, `images ${step}`), [8, 12, 12, 1])
    const labels = Array.from({ length: 8 }, (_, i) =>
      [0, 1, 2].map((label) => Number(label === i % 3)),
    )
    losses.push((await model.trainOnBatch(x, tf.tensor2d(labels))) as number)
  }
  const weights = model.getWeights().flatMap((weight) => Array.from(weight.dataSync()))
  model.dispose()
  return { losses, weights }
}

test.each([...new Set(['simd128' as const, 'plain' as const, bestTfjsBuild()])])(
  'a conv net of tf.layers trains on wasm as on cpu: %s',
  async (build) => {
    const undo = installTrainingKernels(tf, { build })
    const ours = await train('wasm')
    undo()
    const reference = await train('cpu')
    expect(new Set(reference.losses).size).toBe(6)
    for (const [step, loss] of ours.losses.entries())
      expect(loss).toBeCloseTo(reference.losses[step]!, 5)
    for (const [i, weight] of ours.weights.entries())
      expect(weight).toBeCloseTo(reference.weights[i]!, 5)
  },
)

test('without the training kernels the model does not train', async () => {
  await expect(train('wasm')).rejects.toThrow(/Conv2DBackpropFilter/)
})
