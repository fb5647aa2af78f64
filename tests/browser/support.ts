import { batchAt, fetchMnist } from '@mnist-lab/data'
import { modelByName } from '@mnist-lab/models'
import { torchReferenceWeights } from '@mnist-lab/models/testing'
import type { Backend, BackendOptions } from '@mnist-lab/backends'
import {
  type ParityTolerances,
  testTorchParity,
  type TorchParityOptions,
  type TorchReference,
} from '@mnist-lab/backends/testing'
import { webBackend } from '@mnist-lab/backends/web'
import { expect, test } from 'vitest'
import reference from '../../packages/backends/test/fixtures/torch-seed1.json' with { type: 'json' }

declare const WASM_FOLDER: string
/** Whether a backend that is missing fails its tests. */
declare const REQUIRED: boolean

/** Creates a backend by its name, with the address of the .wasm files. */
export const create = (name: string, options: BackendOptions = {}): Backend =>
  webBackend(name, { wasmPath: WASM_FOLDER, ...options })

/** Runs the suite if the backend probes ok, and else skips it with the reason. */
export async function whereAvailable(name: string, suite: () => Promise<void>): Promise<void> {
  const probe = await create(name).probe()
  if (probe.ok) return suite()
  test.skipIf(!REQUIRED)(`${name}: ${probe.reason}; ${probe.hint}`, () => {
    expect(probe).toMatchObject({ ok: true })
  })
}

/**
 * The tolerances for GPUs, which round less exactly than processors: GLSL and WGSL allow an error
 * of 2.5 units in the last place for divisions, and do not limit that of tanh and exp. SwiftShader
 * stays within the tolerances of the other backends.
 */
export const GPU_TOLERANCES: Partial<ParityTolerances> = {
  logits: 1e-3,
  gradients: 1e-3,
  losses: 1e-4,
  laterLosses: 5e-3,
}

/**
 * Compares a backend with PyTorch's reference runs of all three models and both losses on the real
 * MNIST.
 */
export async function torchParity(
  make: () => Backend,
  steps: TorchParityOptions['steps'],
  tolerances: Partial<ParityTolerances> = {},
): Promise<void> {
  // The test server serves the package that holds MNIST as its public folder.
  const { train } = await fetchMnist({ url: (file) => `/${file}` })
  testTorchParity(make, {
    reference: reference as TorchReference,
    steps,
    count: train.count,
    model: (name) => {
      const spec = modelByName(name).create()
      return {
        ...spec,
        layers: spec.layers.map((layer) =>
          layer.type === 'dropout' ? { ...layer, rate: 0 } : layer,
        ),
      }
    },
    weights: torchReferenceWeights,
    batch: (from, to) =>
      batchAt(
        train,
        Uint32Array.from({ length: to - from }, (_, i) => from + i),
      ),
    firstImage: () => train.images.subarray(0, 784),
    tolerances,
  })
}
