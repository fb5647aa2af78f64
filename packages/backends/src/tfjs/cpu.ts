import type { Backend, Session } from '../interface.js'
import type { Profiler } from '../profiler.js'

/** Options of the {@link cpu} backend. */
export interface CpuOptions {
  /**
   * Selects the kernels. `training` is the kernels of @mnist-lab/tfjs-kernels/cpu, which are many
   * times faster. `stock` is TensorFlow.js's own kernels, with one method made faster. This is the
   * backend `cpu-stock`, an independent reference that other backends are checked against. Sessions
   * of both cannot be open in one process at the same time.
   * @default 'training'
   */
  readonly kernels?: 'training' | 'stock'
  /**
   * Records the time of every kernel. No other session of this engine may be open then.
   *
   * @default none
   */
  readonly profiler?: Profiler
  /**
   * The most bytes that a training step may take: the memory of the machine, where it is known.
   * @default no limit
   */
  readonly maxBytes?: number
}

/** Creates the backend of TensorFlow.js in pure JavaScript, which works everywhere. */
export function cpu({ kernels = 'training', ...options }: CpuOptions = {}): Backend {
  const name = kernels === 'training' ? 'cpu' : 'cpu-stock'
  return {
    name,
    async probe() {
      return { ok: true, detail: `pure JavaScript, ${kernels} kernels, runs everywhere` }
    },
    open: () => openCpu(name, kernels, options),
  }
}

async function openCpu(
  backend: string,
  kernels: 'training' | 'stock',
  { profiler, maxBytes = Infinity }: CpuOptions,
): Promise<Session> {
  const [tf, { installTrainingKernels, VERSION }, { installFastTensorBufferGet }, { openTfjs }] =
    await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@mnist-lab/tfjs-kernels/cpu'),
      import('./fast-tensor-buffer.js'),
      import('./session.js'),
    ])
  const hasTrainingKernels = kernels === 'training'
  let version = ''
  let undo: readonly (() => void)[] = []
  return openTfjs(
    {
      name: 'cpu',
      backend,
      keepsDenormals: !hasTrainingKernels,
      maxBytes,
      async load() {
        version = (await import('@tensorflow/tfjs-backend-cpu')).version_cpu
        undo = [
          installFastTensorBufferGet(),
          ...(hasTrainingKernels ? [installTrainingKernels(tf)] : []),
        ]
      },
      unload: () => undo.forEach((restore) => restore()),
      async describe() {
        // At its first tensor the engine advises on the console to install tfjs-node, unless this
        // flag is off.
        Object.assign(tf.backend(), { firstUse: false })
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-backend-cpu': version,
            ...(hasTrainingKernels ? { '@mnist-lab/tfjs-kernels': VERSION } : {}),
          },
          device: 'JavaScript',
          simd: 'scalar',
          threads: 1,
          notes: [
            hasTrainingKernels
              ? 'training kernels of @mnist-lab/tfjs-kernels/cpu'
              : "TensorFlow.js's own kernels",
          ],
        }
      },
    },
    profiler,
  )
}
