// Opens an installation and trains one step. It runs in its own process, because a broken library
// may crash it.
import { node } from '@mnist-lab/backends/node'
import { initialWeights, lenet5 } from '@mnist-lab/models'

const session = await node({ folder: process.argv[2]! }).open()
const spec = lenet5()
const trainer = await session.compile(
  spec,
  {
    loss: 'softmaxCrossEntropy',
    batchSize: 4,
    seed: 1,
    optimizer: { learningRate: 0.1, momentum: 0, weightDecay: 0 },
  },
  initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
)
const batch = {
  size: 4,
  labels: Uint8Array.of(1, 2, 3, 4),
  writeImages(target: Float32Array, table: Float32Array) {
    for (let i = 0; i < 4 * 784; i++) target[i] = table[(i * 37) % 256]!
  },
}
const { loss: before } = await trainer.step(batch)
const { loss: after } = await trainer.evaluate(batch)
await session.close()
process.stdout.write(
  JSON.stringify({
    tensorflow: session.info.versions['tensorflow'],
    threads: session.info.threads,
    learned: after < before,
  }),
)
