export type WebglProbe =
  | { readonly ok: true; readonly adapter: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

const ELSEWHERE = 'use the fused or the wasm backend'
/** Needs 20 bits behind the point; 16-bit floats have 10 and 32-bit ones 23. */
const PRECISE = 1 + 2 ** -20

/** What WebGL 2 can do here, seen in a context of its own, which is lost again. */
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
      ELSEWHERE,
    )
  }
  const value = renderAndRead(gl)
  if (value !== PRECISE)
    return refuse(
      `${adapter} gives ${value} back for ${PRECISE}: it has no 32-bit floats`,
      ELSEWHERE,
    )
  return { ok: true, adapter }
}

/** Fills a texture of one 32-bit float and reads it back: extensions promise, this sees. */
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
