// Trains LeNet-5 on MNIST in Bun, which runs TypeScript as it is.
//
// It loads 4,000 training images, trains two epochs with two threads of the fused engine (this
// project's own WebAssembly engine), and prints the figures of each epoch. The number of threads
// changes no bit of the results. The build simd128 gives the same bits in every runtime too, so
// `deno.ts` prints the same losses.
//
//   npx -y pnpm@12 build && bun examples/bun.ts
import type { TrainingPlan } from '@mnist-lab/backends'
import { fused } from '@mnist-lab/backends/node'
import { javaScriptRuntime, runtimeText } from '@mnist-lab/core/node'
import { loadMnist } from '@mnist-lab/data/node'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { fit } from '@mnist-lab/train'

const spec = lenet5()
const plan: TrainingPlan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.02, momentum: 0.9, weightDecay: 0 },
}

const { train, test } = await loadMnist({ limit: 4000 })
const session = await fused({ build: 'simd128', threads: 2 }).open()
console.log(`${runtimeText(javaScriptRuntime())}, ${session.info.threads} threads`)
const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
const trainer = await session.compile(spec, plan, weights)
for await (const event of fit({ trainer, spec, plan, train, validation: test, epochs: 2 })) {
  if (event.type !== 'epoch') continue
  const { epoch, train: training, validation } = event.figures
  console.log(
    `epoch ${epoch}: training loss ${training.loss}, ` +
      `test accuracy ${(100 * validation!.accuracy).toFixed(1)}%`,
  )
}
await session.close()
