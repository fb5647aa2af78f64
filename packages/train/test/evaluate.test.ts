import { datasetView, type Samples } from '@mnist-lab/data'
import { expect, test } from 'vitest'
import { evaluate, predictDataset } from '../src/index.js'
import { compile, samples } from './small-run.js'

test('evaluation takes the samples in file order, with a shorter last batch', async () => {
  const trainer = await compile()
  const data = samples(25)
  const labels: number[][] = []
  trainer.evaluate = async (batch) => (
    labels.push([...batch.labels]),
    { loss: labels.length, correct: 2 }
  )
  const progress: [number, number][] = []
  const figures = await evaluate(trainer, data, {
    batchSize: 10,
    onBatch: (done, count) => progress.push([done, count]),
  })
  expect(labels.map(({ length }) => length)).toEqual([10, 10, 5])
  expect(labels.flat()).toEqual([...data.labels])
  expect(figures).toEqual({
    loss: (10 + 20 + 15) / 25,
    batchLossPerSample: 6 / 25,
    accuracy: 6 / 25,
    samples: 25,
  })
  expect(progress).toEqual([
    [10, 25],
    [20, 25],
    [25, 25],
  ])
})

test('predictions are the largest outputs, beside their labels', async () => {
  const trainer = await compile()
  // The most probable class is the image's first pixel, modulo 4: its label.
  trainer.predict = async (images) => {
    const outputs = new Float32Array((images.length / 30) * 4)
    for (let i = 0; i < images.length / 30; i++) outputs[i * 4 + (images[i * 30]! % 4)] = 0.9
    return outputs
  }
  const all = samples(25)
  const some: Samples[] = [all, datasetView(all, Uint32Array.of(20, 3, 7))]
  for (const data of some) {
    const { labels, predictions, confidences } = await predictDataset(trainer, data, {
      batchSize: 10,
    })
    expect(confidences).toEqual(new Float32Array(data.count).fill(0.9))
    expect(labels).toHaveLength(data.count)
    expect([...predictions]).toEqual([...labels])
  }
})

test('an aborted evaluation throws the signal’s reason', async () => {
  const trainer = await compile()
  const controller = new AbortController()
  const options = {
    batchSize: 10,
    signal: controller.signal,
    onBatch: () => controller.abort(new Error('enough')),
  }
  await expect(evaluate(trainer, samples(25), options)).rejects.toThrow('enough')
  await expect(predictDataset(trainer, samples(25), options)).rejects.toThrow('enough')
})
