// Trains softmax regression on a custom backend.
//
// The backend is in linear-backend.js. fit() trains with it as it does with any other, because it
// only uses the backend interface. The model is data too: one dense layer on the flattened image.
//
//   npx -y pnpm@12 build && node examples/own-backend.js
import { loadMnist } from '@mnist-lab/data/node'
import { initialWeights, MNIST_NORMALIZATION, parseModelSpec, summary } from '@mnist-lab/models'
import { fit } from '@mnist-lab/train'
import { linear } from './linear-backend.js'

const spec = parseModelSpec(
  {
    name: 'softmax-regression',
    inputShape: [28, 28, 1],
    normalization: MNIST_NORMALIZATION,
    layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }, { type: 'softmax' }],
  },
  'the model of this example',
)

/** @type {import('@mnist-lab/backends').TrainingPlan} */
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.005, momentum: 0.9, weightDecay: 0 },
}

const { train, test } = await loadMnist({ limit: 2000 })
console.log(`${spec.name}: ${summary(spec).total.parameters} parameters`)

const session = await linear().open()
const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
const trainer = await session.compile(spec, plan, weights)
for await (const event of fit({ trainer, spec, plan, train, validation: test, epochs: 3 })) {
  if (event.type !== 'epoch') continue
  const { epoch, train: training, validation } = event.figures
  console.log(
    `epoch ${epoch}: training loss ${training.loss.toFixed(3)}, ` +
      `test accuracy ${(100 * (validation?.accuracy ?? 0)).toFixed(1)}%`,
  )
}
await session.close()
