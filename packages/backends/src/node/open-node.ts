import * as tf from '@tensorflow/tfjs-core'
import { availableParallelism } from 'node:os'
import type { Profiler } from '../profiler.js'
import type { Session } from '../seam.js'
import { explicitPaddingConfigs } from '../tfjs/explicit-padding.js'
import { replaceKernels } from '../tfjs/replace-kernels.js'
import { openTfjs } from '../tfjs/session.js'
import { type Installation, TFJS_NODE_VERSION } from './installation.js'
import { type LoadedNative, loadNative } from './load-native.js'

/** Its name within TensorFlow.js, which its kernels are registered under. */
const ENGINE = 'tensorflow'

export async function openNode(
  folder: string,
  installation: Installation,
  threads: number | undefined,
  profiler: Profiler | undefined,
): Promise<Session> {
  // Loaded once in a process: the sessions after the first get what is there.
  const load = () => loadNative(folder, installation, threads ?? availableParallelism())
  let restoreKernels = () => {}
  return openTfjs(
    {
      name: ENGINE,
      backend: 'node',
      async load() {
        const { create } = load()
        if (tf.findBackendFactory(ENGINE) === null) tf.registerBackend(ENGINE, create)
        restoreKernels = replaceKernels(explicitPaddingConfigs(ENGINE))
      },
      unload: () => restoreKernels(),
      async describe() {
        const native = load()
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-node': TFJS_NODE_VERSION,
            tensorflow: native.tensorflow,
          },
          device: 'native TensorFlow',
          simd: 'native',
          threads: native.threads,
          notes: notesOf(native, threads),
        }
      },
    },
    profiler,
  )
}

function notesOf({ threads: running, counted }: LoadedNative, asked: number | undefined): string[] {
  return [
    ...(asked === undefined || asked === running
      ? []
      : [
          `asked for ${asked} threads, runs ${running}: the first session of a process sets their number`,
        ]),
    ...(counted ? [] : ['threads are as asked for: this system does not tell how many run']),
  ]
}
