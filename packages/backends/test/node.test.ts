import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { node } from '../src/node.js'
import { testBackend } from '../src/testing/index.js'
import { samples, toBatch } from '../src/testing/samples.js'
import { torchParity, whereAvailable } from './support.js'

await whereAvailable(node(), async () => {
  testBackend(node)
  await torchParity(node, 100)
  await torchParity(node, 100, 'torch-nesterov.json')

  test('holds no more memory after 2000 steps than after 500', async () => {
    const session = await node().open()
    const spec = lenet5()
    const trainer = await session.compile(
      spec,
      {
        loss: 'softmaxCrossEntropy',
        batchSize: 8,
        seed: 1,
        optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
      },
      initialWeights(spec, { seed: 1, scheme: 'pytorch' }),
    )
    const batch = toBatch(samples(spec, 8))
    const residentAfter = async (steps: number) => {
      for (let i = 0; i < steps; i++) await trainer.step(batch)
      const { rss } = process.memoryUsage()
      return rss
    }
    const early = await residentAfter(500)
    const late = await residentAfter(1500)
    // Losing one tensor of LeNet-5's first layer in every step would add 225 MB.
    expect(late - early).toBeLessThan(40e6)
    await session.close()
  })

  test('reports as many threads as the first session asked for', async () => {
    const session = await node({ threads: 7 }).open()
    const { threads, notes, versions } = session.info
    await session.close()
    expect(threads).toBeLessThan(7)
    expect(notes.join()).toContain(`asked for 7 threads, runs ${threads}`)
    expect(versions['tensorflow']).toMatch(/^\d+\.\d+\.\d+/)
    if (process.platform === 'linux')
      expect(readFileSync('/proc/self/maps', 'utf8')).toContain('libtensorflow')
  })
})
