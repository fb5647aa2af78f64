import { testBackend } from '@mnist-lab/backends/testing'
import { create, torchParity, whereAvailable } from './support.js'

await whereAvailable('wasm', async () => {
  testBackend(() => create('wasm'))
  await torchParity(
    () => create('wasm'),
    () => 100,
  )
})
