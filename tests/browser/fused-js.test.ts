import { testBackend } from '@mnist-lab/backends/testing'
import { create, torchParity } from './support.js'

testBackend(() => create('fused-js'), { leakSteps: 100 })
await torchParity(
  () => create('fused-js'),
  () => 10,
)
