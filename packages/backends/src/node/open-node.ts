import * as tf from '@tensorflow/tfjs-core'
import { availableParallelism } from 'node:os'
import type { Session } from '../seam.js'
import { explicitPaddingConfigs } from '../tfjs/explicit-padding.js'
import { replaceKernels } from '../tfjs/replace-kernels.js'
import { openTfjs } from '../tfjs/session.js'
import type { Installation } from './installation.js'
import { type LoadedNative, loadNative, NATIVE_VERSIONS } from './load-native.js'

/** Its name within TensorFlow.js, which its kernels are registered under. */
const ENGINE = 'tensorflow'

export async function openNode(folder: string, installation: Installation, threads: number | undefined): Promise<Session> {
  let native: LoadedNative
  let restoreKernels = () => {}
  return openTfjs({
    name: ENGINE,
    backend: 'node',
    async load() {
      native = loadNative(folder, installation, threads ?? availableParallelism())
      if (tf.findBackendFactory(ENGINE) === null) tf.registerBackend(ENGINE, native.create)
      restoreKernels = replaceKernels(explicitPaddingConfigs(ENGINE))
    },
    unload: () => restoreKernels(),
    async describe() {
      native = loadNative(folder, installation, threads ?? availableParallelism())
      return {
        versions: { '@tensorflow/tfjs-core': tf.version_core, ...NATIVE_VERSIONS, tensorflow: native.tensorflow },
        device: 'native TensorFlow', simd: 'native', threads: native.threads, notes: notesOf(native, threads),
      }
    },
  })
}

function notesOf({ threads: running, counted }: LoadedNative, asked: number | undefined): string[] {
  return [
    ...(asked === undefined || asked === running ? [] : [`asked for ${asked} threads, runs ${running}: the first session of a process sets their number`]),
    ...(counted ? [] : ['threads are as asked for: this system does not tell how many run']),
  ]
}
