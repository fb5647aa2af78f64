// Trains LeNet-5 on MNIST from a script.
//
// It loads 4,000 training images, trains three epochs on the fused engine (this project's own
// WebAssembly engine), prints the figures of each epoch, classifies a few test images, and writes
// the weights to a file that PyTorch can read.
//
//   npx -y pnpm@12 build && node examples/train.js [weights.safetensors]
import { writeFile } from 'node:fs/promises'
import { fused } from '@mnist-lab/backends/fused'
import { argmax } from '@mnist-lab/core'
import { imagesBetween } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { initialWeights, lenet5, writeSafetensors } from '@mnist-lab/models'
import { cosine, fit } from '@mnist-lab/train'

// The model and the plan are data. The seed decides the initial weights, the order of the samples
// and the dropout masks, so every run of this script prints the same losses.
const spec = lenet5()
/** @type {import('@mnist-lab/backends').TrainingPlan} */
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
}

const { train, test } = await loadMnist({ limit: 4000 })
const session = await fused().open()
console.log(`${session.info.backend} with ${session.info.simd}, ${session.info.threads} thread`)
const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
const trainer = await session.compile(spec, plan, weights)

// The loop yields an event for every step and every epoch, and one at the end.
const run = fit({
  trainer,
  spec,
  plan,
  train,
  validation: test,
  epochs: 3,
  schedule: cosine({ epochs: 3 }),
})
for await (const event of run) {
  if (event.type !== 'epoch') continue
  const { epoch, train: training, validation } = event.figures
  console.log(
    `epoch ${epoch}: training loss ${training.loss.toFixed(3)}, ` +
      `test accuracy ${(100 * (validation?.accuracy ?? 0)).toFixed(1)}%`,
  )
}

// [n, 10] probabilities of n images.
const probabilities = await trainer.predict(imagesBetween(test, 0, 8))
const digits = Array.from({ length: 8 }, (_, i) =>
  argmax(probabilities.subarray(10 * i, 10 * i + 10)),
)
console.log(`predicted ${digits.join(' ')}, labels ${test.labels.slice(0, 8).join(' ')}`)

const [, , path] = process.argv
if (path !== undefined) {
  const { weights: trained } = await trainer.save()
  await writeFile(path, writeSafetensors(trained, { model: spec.name }))
  console.log(`weights written to ${path}`)
}
await session.close()
