import { cpu } from '../src/cpu.js'
import { testBackend } from '../src/testing/index.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(cpu(), async () => {
  testBackend(cpu)
  // A LeNet-5 step takes the best part of a second.
  await torchParity(cpu, 5)
})
