import type { Backend, Session } from '../interface.js'
import type { Profiler } from '../profiler.js'

export interface CpuOptions {
  /**
   * Whose kernels run. `training` is the kernels of @mnist-lab/tfjs-kernels/cpu, which are many times faster. `stock` is
   * TensorFlow.js's own kernels, with one method made faster; it is the backend `cpu-stock`, an independent reference for
   * parity. Sessions of both cannot be open in one process at the same time.
   * @default 'training'
   */
  readonly kernels?: 'training' | 'stock'
  /** Is told the time of every kernel. No other session of this engine may be open then. @default none */
  readonly profiler?: Profiler
}

/** Creates the backend of TensorFlow.js in pure JavaScript, which works everywhere. */
export function cpu({ kernels = 'training', profiler }: CpuOptions = {}): Backend {
  const name = kernels === 'training' ? 'cpu' : 'cpu-stock'
  return {
    name,
    async probe() {
      return { ok: true, detail: `pure JavaScript, ${kernels} kernels, runs everywhere` }
    },
    open: () => openCpu(name, kernels, profiler),
  }
}

async function openCpu(
  backend: string,
  kernels: 'training' | 'stock',
  profiler: Profiler | undefined,
): Promise<Session> {
  const [tf, { installTrainingKernels, VERSION }, { installFastTensorBufferGet }, { openTfjs }] =
    await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@mnist-lab/tfjs-kernels/cpu'),
      import('./fast-tensor-buffer.js'),
      import('./session.js'),
    ])
  const isOurs = kernels === 'training'
  let version = ''
  let undo: readonly (() => void)[] = []
  return openTfjs(
    {
      name: 'cpu',
      backend,
      async load() {
        version = (await import('@tensorflow/tfjs-backend-cpu')).version_cpu
        undo = [installFastTensorBufferGet(), ...(isOurs ? [installTrainingKernels(tf)] : [])]
      },
      unload: () => undo.forEach((restore) => restore()),
      async describe() {
        // At its first tensor the engine advises on the console to install tfjs-node, unless this flag is off.
        Object.assign(tf.backend(), { firstUse: false })
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-backend-cpu': version,
            ...(isOurs ? { '@mnist-lab/tfjs-kernels': VERSION } : {}),
          },
          device: 'JavaScript',
          simd: 'scalar',
          threads: 1,
          notes: [
            isOurs
              ? 'training kernels of @mnist-lab/tfjs-kernels/cpu'
              : "TensorFlow.js's own kernels",
          ],
        }
      },
    },
    profiler,
  )
}
