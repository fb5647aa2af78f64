import * as tf from '@tensorflow/tfjs-core'
import { BackendError } from '../backend-error.js'
import type { Probe, Session } from '../seam.js'
import { adapterLabel } from '../software-adapter.js'
import { openTfjs } from './session.js'

/** @param found the adapter */
export async function openWebgpu(found: Probe): Promise<Session> {
  if (!found.ok)
    throw new BackendError({ where: 'backend webgpu', what: found.reason, hint: found.hint })
  return openTfjs({
    name: 'webgpu',
    backend: 'webgpu',
    async load() {
      await import('@tensorflow/tfjs-backend-webgpu')
    },
    unload() {},
    async describe() {
      return {
        // The package does not say its version; that of the core is its own to the patch.
        versions: {
          '@tensorflow/tfjs-core': tf.version_core,
          '@tensorflow/tfjs-backend-webgpu': tf.version_core,
        },
        device: adapterLabel(found.detail),
        simd: 'WebGPU, float32',
        threads: 1,
        notes: ["upstream's kernels", 'a step ends when an updated weight has been read back'],
      }
    },
  })
}
