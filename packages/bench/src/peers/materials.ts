import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { epochOrder, imagesBetween, type Dataset } from '@mnist-lab/data'
import { initialWeights, models, toPyTorchLayout } from '@mnist-lab/models'

/** Files that all processes read, and one that a process writes. */
export interface Materials {
  readonly images: string
  readonly labels: string
  readonly trainSamples: number
  readonly testSamples: number
  /** A place where no peer has written yet. */
  weightsOut(): string
  /** The initial weights of a model. */
  weights(model: string): string
  remove(): Promise<void>
}

/** Writes the training data in the seeded order of the first epoch, and initial weights, into a temporary folder. */
export async function writeMaterials(
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
  modelNames: readonly string[],
  seed: number,
): Promise<Materials> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-peers-'))
  const images = join(folder, 'images.u8')
  const labels = join(folder, 'labels.u8')
  let written = 0
  const weights = (model: string) => join(folder, `${model}.f32`)
  const order = epochOrder(train.count, seed, 1)
  await writeFile(
    images,
    Buffer.concat(Array.from(order, (at) => imagesBetween(train, at, at + 1))),
  )
  await writeFile(
    labels,
    Uint8Array.from(order, (at) => train.labels[at]!),
  )
  for (const name of modelNames)
    await writeFile(weights(name), torchWeights(name as keyof typeof models, seed))
  return {
    images,
    labels,
    weights,
    weightsOut: () => join(folder, `weights-out-${written++}.f32`),
    trainSamples: train.count,
    testSamples: test.count,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function torchWeights(model: keyof typeof models, seed: number): Uint8Array {
  const spec = models[model].create()
  const tensors = toPyTorchLayout(spec, initialWeights(spec, { seed, scheme: 'pytorch' }))
  return Buffer.concat(
    tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  )
}
