import * as tf from '@tensorflow/tfjs-core'
import type { Session } from '../seam.js'
import { installFastTensorBufferGet } from './fast-tensor-buffer.js'
import { openTfjs } from './session.js'

export function openCpu(): Promise<Session> {
  let version = ''
  let restoreGet = () => {}
  return openTfjs({
    name: 'cpu',
    backend: 'cpu',
    async load() {
      version = (await import('@tensorflow/tfjs-backend-cpu')).version_cpu
      restoreGet = installFastTensorBufferGet()
    },
    unload: () => restoreGet(),
    async describe() {
      // It advises to install tfjs-node, on the console, at its first tensor.
      Object.assign(tf.backend(), { firstUse: false })
      return {
        versions: { '@tensorflow/tfjs-core': tf.version_core, '@tensorflow/tfjs-backend-cpu': version },
        device: 'JavaScript', simd: 'scalar', threads: 1, notes: [],
      }
    },
  })
}
