import { type Backend, BackendError, type Probe, type Session } from '../interface.js'
import { adapterLabel, findWebgpuAdapter } from './gpu-adapter.js'

/** Creates the backend of TensorFlow.js on WebGPU. */
export function webgpu(): Backend {
  return {
    name: 'webgpu',
    async probe() {
      const found = await findWebgpuAdapter()
      return found.ok ? { ok: true, detail: `WebGPU on ${adapterLabel(found.detail)}` } : found
    },
    open: async () => openWebgpu(await findWebgpuAdapter()),
  }
}

/** Opens a session on the adapter that was found. */
async function openWebgpu(found: Probe): Promise<Session> {
  if (!found.ok)
    throw new BackendError({ where: 'backend webgpu', what: found.reason, hint: found.hint })
  const [tf, { openTfjs }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('./session.js'),
  ])
  return openTfjs({
    name: 'webgpu',
    backend: 'webgpu',
    async load() {
      await import('@tensorflow/tfjs-backend-webgpu')
    },
    unload() {},
    async describe() {
      return {
        // The package does not say its version, which is always that of the core.
        versions: {
          '@tensorflow/tfjs-core': tf.version_core,
          '@tensorflow/tfjs-backend-webgpu': tf.version_core,
        },
        device: adapterLabel(found.detail),
        simd: 'WebGPU, float32',
        threads: 1,
        notes: [
          "TensorFlow.js's own kernels",
          'a step ends when an updated weight has been read back',
        ],
      }
    },
  })
}
