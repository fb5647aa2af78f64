import { testBackend } from '@mnist-lab/backends/testing'
import { create, torchParity, whereAvailable } from './support.js'

await whereAvailable('cpu', async () => {
  testBackend(() => create('cpu'), { leakSteps: 100 })
  await torchParity(
    () => create('cpu'),
    () => 10,
  )
})
