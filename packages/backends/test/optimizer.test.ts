import { initialWeights } from '@mnist-lab/models'
import { expect, test } from 'vitest'
import { gradientsOf, optimizerText, startState, STATE_TENSORS } from '../src/index.js'
import { cpu } from '../src/tfjs/cpu.js'
import { everyLayer, flat, plan, samples, toBatch, withoutDropout } from '../src/testing/samples.js'

const spec = withoutDropout(everyLayer)
const weights = initialWeights(spec, { seed: 3, scheme: 'pytorch' })

/** Returns the gradients of the first and of the third step, the third at learning rate 0. */
async function gradients(
  momentum: number,
  weightDecay: number,
  nesterov: { nesterov?: true } = {},
): Promise<number[][]> {
  const optimizer = { learningRate: 0, momentum, weightDecay, ...nesterov }
  const session = await cpu().open()
  const trainer = await session.compile(spec, { ...plan, optimizer }, weights)
  const states = [await trainer.save()]
  for (let i = 0; i < 3; i++) {
    await trainer.step(toBatch(samples(spec, 8)))
    states.push(await trainer.save())
  }
  await session.close()
  return [
    flat(gradientsOf(optimizer, states[0]!, states[1]!)),
    flat(gradientsOf(optimizer, states[2]!, states[3]!)),
  ]
}

test('the gradients of a step depend neither on momentum nor on weight decay', async () => {
  const [plain] = await gradients(0, 0)
  expect(Math.max(...plain!.map(Math.abs))).toBeGreaterThan(0.01)
  for (const [momentum, weightDecay] of [
    [0.9, 0],
    [0, 0.1],
    [0.9, 0.1],
  ] as const)
    for (const nesterov of [{}, { nesterov: true }] as const)
      for (const found of await gradients(momentum, weightDecay, nesterov))
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(plain![i]!, 5)
})

test('the gradients of a first step without weight decay are exactly the backend’s', async () => {
  const start = startState(weights)
  const velocity = weights.map((w) => ({ ...w, data: w.data.map((x) => x / 3) }))
  expect(gradientsOf(plan.optimizer, start, { velocity })).toEqual(velocity)
})

test('the state before the first step has zeros in every tensor of the optimizer', () => {
  const start = startState(weights)
  expect(start.weights).toBe(weights)
  for (const name of STATE_TENSORS)
    expect(start[name].map(({ name, shape, data }) => [name, shape, data.some(Boolean)])).toEqual(
      weights.map(({ name, shape }) => [name, shape, false]),
    )
})

test('optimizerText describes an optimizer in words', () => {
  expect(optimizerText({ learningRate: 0.01, momentum: 0.9, weightDecay: 0 })).toBe(
    'SGD with learning rate 0.01, momentum 0.9, weight decay 0',
  )
  expect(optimizerText({ learningRate: 0.01, momentum: 0.9, weightDecay: 0, nesterov: true })).toBe(
    'SGD with learning rate 0.01, Nesterov momentum 0.9, weight decay 0',
  )
})
