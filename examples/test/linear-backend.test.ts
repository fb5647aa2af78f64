import { type ModelSpec } from '@mnist-lab/models'
import { testBackend } from '@mnist-lab/backends/testing'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { expect, test } from 'vitest'
import { linear } from '../linear-backend.js'

const model: ModelSpec = {
  name: 'softmax-regression',
  inputShape: [11, 10, 2],
  normalization: { mean: 0.5, std: 0.25 },
  layers: [
    { type: 'flatten' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 3 },
    { type: 'softmax' },
  ],
}

testBackend(linear, { model })

test('refuses a model with more layers, in one line that says what it can', async () => {
  const session = await linear().open()
  const plan = {
    loss: 'softmaxCrossEntropy',
    batchSize: 8,
    seed: 1,
    optimizer: { learningRate: 0.1, momentum: 0, weightDecay: 0 },
  } as const
  const spec = lenet5()
  await expect(
    session.compile(spec, plan, initialWeights(spec, { seed: 1, scheme: 'pytorch' })),
  ).rejects.toThrow(
    'model lenet5: expected flatten, an optional dropout, one dense layer and an optional softmax, got conv2d ',
  )
  await session.close()
})
