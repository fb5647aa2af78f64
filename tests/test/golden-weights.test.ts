// These tests check that the same seed gives the same bytes. They compare the weights of a short
// run of every model on every build with recorded ones. A commit that changes the recorded numbers
// has to explain why.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backend } from '@mnist-lab/backends'
import { fusedJs } from '@mnist-lab/backends/fused-js'
import { backendByName, fused } from '@mnist-lab/backends/node'
import { type Dataset, datasetFromIdx, subset } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { initialWeights, modelByName, type ModelName, type ModelSpec } from '@mnist-lab/models'
import { type Checkpoint, fit } from '@mnist-lab/train'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './support/workspace.js'

/**
 * By model and build, the SHA-256 of all weights after two epochs of eleven steps. One entry was
 * recorded later than the others: the scalar build of the fused engine computed wrong numbers for
 * images with an odd number of bytes, so its weights of the model `odd` are those of the corrected
 * build.
 */
const golden = JSON.parse(
  await readFile(join(ROOT, 'tests/golden/weights.json'), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, string>>>>

/** The builds, without relaxed SIMD, whose rounding depends on the machine. */
const BUILDS: Readonly<Record<string, () => Backend>> = {
  'fused-simd128': () => fused({ build: 'simd128' }),
  'fused-simd128, 2 threads': () => fused({ build: 'simd128', threads: 2 }),
  'fused-simd128, direct': () => fused({ build: 'simd128', convolutions: 'direct' }),
  'fused-scalar': () => fused({ build: 'scalar' }),
  'fused-scalar, 2 threads': () => fused({ build: 'scalar', threads: 2 }),
  'fused-scalar, direct': () => fused({ build: 'scalar', convolutions: 'direct' }),
  wasm: () => backendByName('wasm'),
  'wasm-stock': () => backendByName('wasm-stock'),
  cpu: () => backendByName('cpu'),
  'cpu-stock': () => backendByName('cpu-stock'),
}

/**
 * From version 22 on, Node.js has relaxed SIMD, and the rounding of the wasm backend depends on the
 * machine.
 */
const roundsAsTheMachine = (build: string) =>
  build === 'wasm' && Number(process.versions.node.split('.')[0]) >= 22

interface Case {
  readonly spec: ModelSpec
  readonly weightDecay: number
  readonly data: Dataset
  readonly validation: Dataset
}

/**
 * A model with features that the study's models lack: strides, padding, overlapping pooling,
 * dropout and three channels.
 */
const MIXED: ModelSpec = {
  name: 'mixed',
  inputShape: [14, 14, 3],
  layers: [
    { type: 'conv2d', filters: 5, kernelSize: 3, stride: 2, padding: 'same' },
    { type: 'relu' },
    { type: 'maxPool2d', poolSize: 3, stride: 1 },
    { type: 'conv2d', filters: 4, kernelSize: 5, padding: 'same' },
    { type: 'tanh' },
    { type: 'dropout', rate: 0.25 },
    { type: 'flatten' },
    { type: 'dense', units: 9 },
    { type: 'relu' },
    { type: 'dense', units: 7 },
  ],
}

/** A model whose images have an odd number of bytes. */
const ODD: ModelSpec = {
  name: 'odd',
  inputShape: [27, 27, 1],
  layers: [
    { type: 'flatten' },
    { type: 'dense', units: 12 },
    { type: 'tanh' },
    { type: 'dense', units: 10 },
  ],
}

/** Returns images from a formula, with a third of their bytes as background. */
function madeUp(
  count: number,
  { inputShape: [height, width, channels] }: ModelSpec,
  classes: number,
): Dataset {
  const data = Uint8Array.from({ length: count * height * width * channels }, (_, i) =>
    i % 3 === 0 ? 0 : (i * i * 7 + i * 13) % 256,
  )
  const labels = Uint8Array.from({ length: count }, (_, i) => (i * 5 + (i >> 2)) % classes)
  return datasetFromIdx(
    'made up',
    { type: 'uint8', shape: [count, height, width, channels], data },
    { type: 'uint8', shape: [count], data: labels },
    { classNames: Array.from({ length: classes }, (_, i) => String(i)) },
  )
}

async function weightsAfter(
  backend: Backend,
  { spec, weightDecay, data, validation }: Case,
): Promise<string> {
  const session = await backend.open()
  try {
    const plan = {
      loss: 'softmaxCrossEntropy',
      optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay },
      batchSize: 32,
      seed: 3,
    } as const
    const weights = initialWeights(spec, { seed: 3, scheme: 'pytorch' })
    const trainer = await session.compile(spec, plan, weights)
    let end: Checkpoint | undefined
    for await (const event of fit({ trainer, spec, plan, train: data, validation, epochs: 2 })) {
      if (event.type === 'end') end = event.checkpoint
    }
    const hash = createHash('sha256')
    for (const { data: numbers } of end!.state.weights) {
      hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    }
    return hash.digest('hex')
  } finally {
    await session.close()
  }
}

const cases = new Map<string, Case>()
beforeAll(async () => {
  const { train, test: held } = await loadMnist()
  for (const name of ['lenet5', 'custom-mlp', 'lenet5-regularized'] satisfies ModelName[]) {
    const model = modelByName(name)
    cases.set(name, {
      spec: model.create(),
      weightDecay: model.weightDecay,
      data: subset(train, 0, 330),
      validation: subset(held, 0, 32),
    })
  }
  cases.set('mixed', {
    spec: MIXED,
    weightDecay: 0.001,
    data: madeUp(330, MIXED, 7),
    validation: madeUp(32, MIXED, 7),
  })
  cases.set('odd', {
    spec: ODD,
    weightDecay: 0,
    data: madeUp(330, ODD, 10),
    validation: madeUp(32, ODD, 10),
  })
})

describe.each(Object.keys(golden))('the weights of %s after a short run', (model) => {
  test.each(Object.keys(golden[model]!))('are what they were on %s', async (build) => {
    const hash = await weightsAfter(BUILDS[build]!(), cases.get(model)!)
    if (!roundsAsTheMachine(build)) expect(hash).toBe(golden[model]![build])
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })

  // The kernels in JavaScript are made from the scalar build, so they have no record of their own.
  test.each(['winograd', 'direct'] as const)(
    'are those of the scalar build where its kernels are JavaScript, with convolutions: %s',
    async (convolutions) => {
      const scalar = convolutions === 'direct' ? 'fused-scalar, direct' : 'fused-scalar'
      const hash = await weightsAfter(fusedJs({ convolutions }), cases.get(model)!)
      expect(hash).toBe(golden[model]![scalar])
    },
  )

  test('do not depend on the number of threads', () => {
    const of = golden[model]!
    expect(of['fused-simd128, 2 threads']).toBe(of['fused-simd128'])
    expect(of['fused-scalar, 2 threads']).toBe(of['fused-scalar'])
  })
})
