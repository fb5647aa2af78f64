import { expect, test } from 'vitest'
import { testBackend } from '../src/testing/index.js'
import { wasm } from '../src/wasm.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(wasm(), async () => {
  testBackend(wasm)
  await torchParity(wasm, 100)

  test('reports the threads that really run when others were asked for', async () => {
    const session = await wasm({ threads: 64 }).open()
    expect(session.info.threads).toBeLessThan(64)
    expect(session.info.notes.join()).toMatch(/asked for 64 threads, runs \d+: /)
    await session.close()
  })
})
