import { type Backend, BackendError, type Session } from '../interface.js'
import { adapterLabel, probeWebgl, type WebglProbe } from './gpu-adapter.js'

export interface WebglOptions {
  /** Finds out what WebGL can do here; tests replace it. @default a WebGL 2 context that is given up again */
  readonly probe?: () => WebglProbe
}

/**
 * Creates the backend of TensorFlow.js on WebGL 2, in 32-bit floats. It refuses a device that renders only 16-bit floats,
 * because what a step adds to a weight is often less than a 16-bit float can hold.
 */
export function webgl({ probe: look = probeWebgl }: WebglOptions = {}): Backend {
  return {
    name: 'webgl',
    async probe() {
      const found = look()
      return found.ok ? { ok: true, detail: `WebGL 2 on ${adapterLabel(found.adapter)}` } : found
    },
    open: () => openWebgl(look()),
  }
}

/** The part of TensorFlow.js's engine that is read here. */
interface WebglEngine {
  readonly gpgpu: { readonly gl: WebGL2RenderingContext }
}

/** A constant of the extension EXT_disjoint_timer_query_webgl2. */
const GPU_DISJOINT_EXT = 0x8fbb

async function openWebgl(found: WebglProbe): Promise<Session> {
  if (!found.ok)
    throw new BackendError({ where: 'backend webgl', what: found.reason, hint: found.hint })
  const [tf, { openTfjs }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('./session.js'),
  ])
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
        notes: [
          "TensorFlow.js's own kernels",
          'a step ends when an updated weight has been read back',
        ],
      }
    },
  })
  /** Implements {@link Session.disturbed}. Reading the flag clears it. */
  const disturbed = (): boolean => {
    const { gl } = (tf.backend() as unknown as WebglEngine).gpgpu
    return (
      gl.getExtension('EXT_disjoint_timer_query_webgl2') !== null &&
      gl.getParameter(GPU_DISJOINT_EXT) === true
    )
  }
  return Object.assign(session, { disturbed })
}
