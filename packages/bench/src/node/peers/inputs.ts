import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dataset, epochOrder, imagesBetween } from '@mnist-lab/data'
import { initialWeights, models, toPyTorchLayout } from '@mnist-lab/models'
import type { CellRequest } from '../../measure/cell-report.js'
import { trainingPlan, withoutDropout } from '../../measure/opened-cell.js'
import { LEARNING_RATE, MOMENTUM } from '../../protocol/protocol.js'
import type { PrepareRequest } from './messages.js'

/** A temporary folder with the files that peers read, and with paths that they may write to. */
export interface PeerInputs {
  /** The file of pixel bytes. */
  readonly images: string
  /** The file of label bytes. */
  readonly labels: string
  /** Says how many images the data set has. */
  readonly samples: { readonly trainSamples: number; readonly testSamples: number }
  /** Returns a path that no peer has written to yet. */
  weightsOut(): string
  /** Returns the file of a model's initial weights. */
  weights(model: string): string
  /** Removes the folder. */
  remove(): Promise<void>
}

/**
 * Writes the files for peers into a temporary folder: the training data in the order of the first
 * epoch, and initial weights.
 */
export async function writePeerInputs(
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
  modelNames: readonly string[],
  seed: number,
): Promise<PeerInputs> {
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
    samples: { trainSamples: train.count, testSamples: test.count },
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

/**
 * Returns the request that describes to a peer what to train.
 *
 * @param cell the model, its batch size and its seed
 * @param steps the steps for parity, the warm-up, and where the peer may write its weights
 */
export function prepareRequest(
  cell: Pick<CellRequest, 'model' | 'batchSize' | 'seed'>,
  inputs: PeerInputs,
  steps: Pick<PrepareRequest, 'paritySteps' | 'warmup' | 'weightsOut'>,
): PrepareRequest {
  const { spec, plan } = trainingPlan(cell)
  return {
    type: 'prepare',
    spec,
    paritySpec: withoutDropout(spec),
    batchSize: plan.batchSize,
    seed: plan.seed,
    learningRate: LEARNING_RATE,
    momentum: MOMENTUM,
    weightDecay: plan.optimizer.weightDecay,
    images: inputs.images,
    labels: inputs.labels,
    weights: inputs.weights(cell.model),
    ...steps,
  }
}
