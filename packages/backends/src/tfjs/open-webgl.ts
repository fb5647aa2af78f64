import * as tf from '@tensorflow/tfjs-core'
import { BackendError } from '../backend-error.js'
import type { Session } from '../seam.js'
import { adapterLabel } from '../software-adapter.js'
import type { WebglProbe } from '../webgl-probe.js'
import { openTfjs } from './session.js'

/** As much of TensorFlow.js's engine as is looked at. */
interface WebglEngine {
  readonly gpgpu: { readonly gl: WebGL2RenderingContext }
}

/** Of the extension EXT_disjoint_timer_query_webgl2. */
const GPU_DISJOINT_EXT = 0x8fbb

export async function openWebgl(found: WebglProbe): Promise<Session> {
  if (!found.ok)
    throw new BackendError({ where: 'backend webgl', what: found.reason, hint: found.hint })
  let version = ''
  const session = await openTfjs({
    name: 'webgl',
    backend: 'webgl',
    async load() {
      version = (await import('@tensorflow/tfjs-backend-webgl')).version_webgl
      // Never a silent change to 16 bits, whatever another user of the engine has set.
      tf.env().set('WEBGL_FORCE_F16_TEXTURES', false)
    },
    unload() {},
    async describe() {
      if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
        throw new BackendError({
          where: 'backend webgl',
          what: 'TensorFlow.js would hold tensors in 16-bit floats here',
          hint: 'use the fused or the wasm backend',
        })
      }
      return {
        versions: {
          '@tensorflow/tfjs-core': tf.version_core,
          '@tensorflow/tfjs-backend-webgl': version,
        },
        device: adapterLabel(found.adapter),
        simd: 'WebGL 2, float32',
        threads: 1,
        notes: ["upstream's kernels", 'a step ends when an updated weight has been read back'],
      }
    },
  })
  return Object.assign(session, { disturbed })
}

/** See {@link Session.disturbed}; reading the flag clears it. */
function disturbed(): boolean {
  const { gl } = (tf.backend() as unknown as WebglEngine).gpgpu
  return (
    gl.getExtension('EXT_disjoint_timer_query_webgl2') !== null &&
    gl.getParameter(GPU_DISJOINT_EXT) === true
  )
}
