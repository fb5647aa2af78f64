import { testBackend } from '@mnist-lab/backends/testing'
import { create, GPU_TOLERANCES, torchParity, whereAvailable } from './support.js'

// Few steps: where there is no GPU the processor draws every pixel.
await whereAvailable('webgpu', async () => {
  testBackend(() => create('webgpu'), { leakSteps: 5 })
  await torchParity(
    () => create('webgpu'),
    () => 2,
    GPU_TOLERANCES,
  )
})
