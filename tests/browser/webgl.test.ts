import { testBackend } from '@mnist-lab/backends/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { create, GPU_TOLERANCES, torchParity, whereAvailable } from './support.js'

// There are few steps, because without a GPU the processor draws every pixel.
await whereAvailable('webgl', async () => {
  testBackend(() => create('webgl'), { leakSteps: 20 })
  await torchParity(
    () => create('webgl'),
    () => 3,
    GPU_TOLERANCES,
  )

  test('names the adapter, and says if it is not a GPU', async () => {
    const session = await create('webgl').open()
    expect(session.info.device).not.toBe('')
    if (session.info.device.includes('SwiftShader'))
      expect(session.info.device).toMatch(/\(software, no GPU\)$/)
    expect(session.disturbed?.()).toBe(false)
    await session.close()
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('refuses a device that renders only 16-bit floats', async () => {
  vi.spyOn(WebGL2RenderingContext.prototype, 'getExtension').mockReturnValue(null)
  const probe = await create('webgl').probe()
  expect(probe).toMatchObject({
    ok: false,
    reason: expect.stringContaining('16-bit') as string,
    hint: expect.stringContaining('fused') as string,
  })
  await expect(create('webgl').open()).rejects.toThrow('does not render 32-bit floats')
})

test('refuses a device that claims 32-bit floats but has less precision', async () => {
  vi.spyOn(WebGL2RenderingContext.prototype, 'readPixels').mockImplementation(
    (...args: unknown[]) => {
      const pixels = args[6] as Float32Array
      // A 16-bit float rounds 1 + 2⁻²⁰ to 1.
      pixels.fill(1)
    },
  )
  expect(await create('webgl').probe()).toMatchObject({
    ok: false,
    reason: expect.stringContaining('gives 1 back') as string,
  })
})

test('reports that there is no WebGL 2 or no WebGPU', async () => {
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockReturnValue(null)
  expect(await create('webgl').probe()).toMatchObject({
    ok: false,
    reason: 'this browser gives no WebGL 2 context',
  })
  vi.spyOn(Navigator.prototype, 'gpu', 'get').mockReturnValue(undefined as unknown as GPU)
  expect(await create('webgpu').probe()).toMatchObject({
    ok: false,
    reason: 'this environment has no WebGPU',
  })
  await expect(create('webgpu').open()).rejects.toThrow(
    'backend webgpu: this environment has no WebGPU',
  )
})
