import type { Probe } from '../interface.js'

/** Matches the names of renderers that run on the processor instead of a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i

/**
 * Returns an adapter's name as results state it. The name says so when the adapter is not a GPU.
 */
export function adapterLabel(name: string): string {
  return SOFTWARE.test(name) ? `${name} (software, no GPU)` : name
}

/** What {@link probeWebgl} found: the adapter's name, or the reason why WebGL cannot train here. */
export type WebglProbe =
  | { readonly ok: true; readonly adapter: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

const USE_ANOTHER_BACKEND = 'use the fused or the wasm backend'
/** A number that needs 20 bits of fraction. 16-bit floats have 10, and 32-bit floats have 23. */
const PRECISE = 1 + 2 ** -20

/** Finds out what WebGL 2 can do here. It creates a context for this and releases it again. */
export function probeWebgl(): WebglProbe {
  const canvas = makeCanvas()
  if (canvas === undefined)
    return refuse('there is no canvas in this environment', 'use it in a browser')
  const gl = (canvas.getContext as (kind: string) => WebGL2RenderingContext | null).call(
    canvas,
    'webgl2',
  )
  if (gl === null)
    return refuse(
      'this browser gives no WebGL 2 context',
      'turn on hardware acceleration in its settings, or use the wasm backend',
    )
  try {
    return inspect(gl)
  } finally {
    gl.getExtension('WEBGL_lose_context')?.loseContext()
  }
}

function makeCanvas(): OffscreenCanvas | HTMLCanvasElement | undefined {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(1, 1)
  return typeof document === 'object' ? document.createElement('canvas') : undefined
}

function inspect(gl: WebGL2RenderingContext): WebglProbe {
  const named = gl.getExtension('WEBGL_debug_renderer_info')
  const adapter = String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
  if (gl.getExtension('EXT_color_buffer_float') === null) {
    return refuse(
      `${adapter} does not render 32-bit floats, and 16-bit ones are too coarse to train with`,
      USE_ANOTHER_BACKEND,
    )
  }
  const value = renderAndRead(gl)
  if (value !== PRECISE)
    return refuse(
      `${adapter} gives ${value} back for ${PRECISE}: it has no 32-bit floats`,
      USE_ANOTHER_BACKEND,
    )
  return { ok: true, adapter }
}

/**
 * Fills a texture of 32-bit floats and reads it back, because a device may not do what its
 * extensions promise.
 */
function renderAndRead(gl: WebGL2RenderingContext): number {
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture())
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, 1, 1)
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer())
  gl.framebufferTexture2D(
    gl.FRAMEBUFFER,
    gl.COLOR_ATTACHMENT0,
    gl.TEXTURE_2D,
    gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture,
    0,
  )
  if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return Number.NaN
  gl.clearBufferfv(gl.COLOR, 0, [PRECISE, PRECISE, PRECISE, PRECISE])
  const pixel = new Float32Array(4)
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, pixel)
  return pixel[0]!
}

function refuse(reason: string, hint: string): WebglProbe {
  return { ok: false, reason, hint }
}

/** Returns the WebGPU adapter that TensorFlow.js would get; `detail` is its name. */
export async function findWebgpuAdapter(): Promise<Probe> {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu
  const hint =
    'use a browser with WebGPU (Chromium 113, Firefox 141, Safari 26 or later) through https or localhost, or the wasm backend'
  if (gpu === undefined) return { ok: false, reason: 'this environment has no WebGPU', hint }
  let adapter: GPUAdapter | null
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  } catch (cause) {
    return {
      ok: false,
      reason: `WebGPU does not start (${String(cause)})`,
      hint: 'use the wasm backend',
    }
  }
  if (adapter === null)
    return {
      ok: false,
      reason: 'WebGPU finds no adapter on this machine',
      hint: 'update the graphics driver, or use the wasm backend',
    }
  const { vendor, architecture, device, description } = adapter.info
  const name = [
    ...new Set([vendor, architecture, device, description].filter((part) => part !== '')),
  ].join(' ')
  return { ok: true, detail: name === '' ? 'an adapter that hides its name' : name }
}
