import { adapterLabel } from './software-adapter.js'
import type { Backend } from './seam.js'
import { probeWebgl, type WebglProbe } from './webgl-probe.js'

export interface WebglOptions {
  /** How to find out what WebGL can do here; tests bring their own. @default a context of WebGL 2 that is lost again */
  readonly probe?: () => WebglProbe
}

/**
 * TensorFlow.js on WebGL 2, in 32-bit floats: where the device renders 16-bit ones only, weights would lose what a step adds to
 * them, so that it is refused.
 */
export function webgl({ probe: look = probeWebgl }: WebglOptions = {}): Backend {
  return {
    name: 'webgl',
    async probe() {
      const found = look()
      return found.ok ? { ok: true, detail: `WebGL 2 on ${adapterLabel(found.adapter)}` } : found
    },
    async open() {
      const { openWebgl } = await import('./tfjs/open-webgl.js')
      return openWebgl(look())
    },
  }
}
