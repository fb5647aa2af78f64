import { type Backend, BackendError, type Session } from '../interface.js'
import { adapterLabel, probeWebgl, type WebglProbe } from './gpu-adapter.js'

/** Options of the {@link webgl} backend. */
export interface WebglOptions {
  /** Finds out what WebGL can do here; tests replace it. @default {@link probeWebgl} */
  readonly probe?: () => WebglProbe
}

/**
 * Creates the backend of TensorFlow.js on WebGL 2, in 32-bit floats. It refuses a device that
 * renders only 16-bit floats, because a step often changes a weight by less than a 16-bit float can
 * represent.
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

/** The part of TensorFlow.js's WebGL engine that this module reads. */
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
      // Textures must stay at 32 bits, even if another user of the engine has set this flag.
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
