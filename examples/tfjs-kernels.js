// Trains a conv net of TensorFlow.js on its wasm backend, with the training kernels of
// @mnist-lab/tfjs-kernels.
//
// TensorFlow.js's wasm backend cannot train a conv net as it ships: it has no kernel for the
// gradient of a convolution's weights. installTrainingKernels() adds that one to your copy of
// TensorFlow.js and replaces the slow ones. The program itself does not change, and this one uses
// nothing else of this project but the MNIST loader.
//
//   npx -y pnpm@12 build && node examples/tfjs-kernels.js
import { batches, epochOrder } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { installTrainingKernels } from '@mnist-lab/tfjs-kernels/wasm'
import * as tf from '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'

tf.enableProdMode() // no advertisements on the console
await tf.setBackend('wasm')

function createModel() {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [28, 28, 1],
        filters: 6,
        kernelSize: 5,
        padding: 'same',
        activation: 'tanh',
      }),
      tf.layers.averagePooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'tanh' }),
      tf.layers.averagePooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 84, activation: 'tanh' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' })
  return model
}

const { train } = await loadMnist({ limit: 49 * 32 })
const model = createModel()

/** @param {import('@mnist-lab/data').SampleBatch} batch */
async function step(batch) {
  const images = new Float32Array(batch.size * 28 * 28)
  batch.writeImages(images)
  const x = tf.tensor4d(images, [batch.size, 28, 28, 1])
  const y = tf.oneHot(tf.tensor1d(Int32Array.from(batch.labels), 'int32'), 10).toFloat()
  const loss = await model.trainOnBatch(x, y)
  tf.dispose([x, y])
  return Number(loss)
}

const [first, ...rest] = batches(train, epochOrder(train.count, 1, 1), 32)
try {
  await step(first)
} catch (error) {
  console.log(`without the kernels: ${error instanceof Error ? error.message : String(error)}`)
}

const undo = installTrainingKernels(tf)
let sum = 0
for (const [index, batch] of rest.entries()) {
  sum += await step(batch)
  if (index % 16 !== 15) continue
  console.log(`steps ${index - 14} to ${index + 1}: mean loss ${(sum / 16).toFixed(3)}`)
  sum = 0
}
undo() // TensorFlow.js's own kernels again
