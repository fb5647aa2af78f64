import { fused } from '../src/fused.js'
import { testBackend } from '../src/testing/index.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(fused(), async () => {
  testBackend(fused)
  await torchParity(fused, 100)
})
