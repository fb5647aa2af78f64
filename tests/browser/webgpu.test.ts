import { testBackend } from '@mnist-lab/backends/testing'
import { create, GPU_TOLERANCES, torchParity, whereAvailable } from './support.js'

// There are few steps, because without a GPU the processor draws every pixel.
await whereAvailable('webgpu', async () => {
  testBackend(() => create('webgpu'), { leakSteps: 5 })
  await torchParity(
    () => create('webgpu'),
    () => 2,
    GPU_TOLERANCES,
  )
})
