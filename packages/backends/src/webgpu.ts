import { adapterLabel } from './software-adapter.js'
import type { Backend, Probe } from './seam.js'

/** TensorFlow.js on WebGPU. */
export function webgpu(): Backend {
  return {
    name: 'webgpu',
    async probe() {
      const found = await findAdapter()
      return found.ok ? { ok: true, detail: `WebGPU on ${adapterLabel(found.detail)}` } : found
    },
    async open() {
      const [{ openWebgpu }, found] = await Promise.all([
        import('./tfjs/open-webgpu.js'),
        findAdapter(),
      ])
      return openWebgpu(found)
    },
  }
}

/** The adapter that TensorFlow.js would get; `detail` is its name. */
async function findAdapter(): Promise<Probe> {
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
