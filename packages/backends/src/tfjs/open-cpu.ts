import { installTrainingKernels } from '@mnist-lab/tfjs-kernels/cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { Profiler } from '../profiler.js'
import type { Session } from '../seam.js'
import { installFastTensorBufferGet } from './fast-tensor-buffer.js'
import { openTfjs } from './session.js'

export function openCpu(
  backend: string,
  kernels: 'training' | 'stock',
  profiler: Profiler | undefined,
): Promise<Session> {
  let version = ''
  let undo: readonly (() => void)[] = []
  return openTfjs(
    {
      name: 'cpu',
      backend,
      async load() {
        version = (await import('@tensorflow/tfjs-backend-cpu')).version_cpu
        undo = [
          installFastTensorBufferGet(),
          ...(kernels === 'training' ? [installTrainingKernels(tf)] : []),
        ]
      },
      unload: () => undo.forEach((restore) => restore()),
      async describe() {
        // It advises to install tfjs-node, on the console, at its first tensor.
        Object.assign(tf.backend(), { firstUse: false })
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-backend-cpu': version,
            ...(kernels === 'training' ? { '@mnist-lab/kernels': '0.1.0' } : {}),
          },
          device: 'JavaScript',
          simd: 'scalar',
          threads: 1,
          notes: [
            kernels === 'training'
              ? 'training kernels of @mnist-lab/kernels/tfjs-cpu'
              : "upstream's kernels",
          ],
        }
      },
    },
    profiler,
  )
}
