import { readFileSync } from 'node:fs'
import { batchAt } from '@mnist-lab/data'
import { loadMnist } from '@mnist-lab/data/node'
import { inferShapes, modelByName, type ModelSpec } from '@mnist-lab/models'
import { torchReferenceWeights } from '@mnist-lab/models/testing'
import { isInputError } from '@mnist-lab/core'
import { expect, test } from 'vitest'
import type { Backend } from '../src/index.js'
import { withoutDropout } from '../src/testing/samples.js'
import {
  testTorchParity,
  type TorchParityOptions,
  type TorchReference,
} from '../src/testing/index.js'

/**
 * The reference runs on the real MNIST: of all three models with both losses, or of LeNet-5 with
 * Nesterov momentum.
 *
 * @param file the name of the file with the reference runs
 */
export async function torchParity(
  create: () => Backend,
  steps: number | TorchParityOptions['steps'],
  file: 'torch-seed1.json' | 'torch-nesterov.json' = 'torch-seed1.json',
): Promise<void> {
  const { train } = await loadMnist()
  const path = new URL(`fixtures/${file}`, import.meta.url)
  const reference = JSON.parse(readFileSync(path, 'utf8')) as TorchReference
  testTorchParity(create, {
    reference,
    count: train.count,
    steps: typeof steps === 'number' ? () => steps : steps,
    model: (name) => withoutDropout(modelByName(name).create()),
    weights: torchReferenceWeights,
    batch: (from, to) =>
      batchAt(
        train,
        Uint32Array.from({ length: to - from }, (_, i) => from + i),
      ),
    firstImage: () => train.images.subarray(0, 784),
  })
}

/** Runs the suite where the backend is to be had; one that REQUIRE_BACKENDS names must be. */
export async function whereAvailable(backend: Backend, suite: () => Promise<void>): Promise<void> {
  const probe = await backend.probe()
  const required = (process.env['REQUIRE_BACKENDS'] ?? '').split(',').includes(backend.name)
  if (probe.ok) return suite()
  test.skipIf(!required)(`${backend.name} is available`, () => {
    expect(probe).toEqual({ ok: true })
  })
}

/** Whether the layers' shapes fit each other. */
export function fits(spec: ModelSpec): boolean {
  try {
    inferShapes(spec)
    return true
  } catch (error) {
    if (isInputError(error)) return false
    throw error
  }
}
