import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellsOf, schedule } from '../src/protocol/schedule.js'
import { plan } from './fixtures/reports.js'

const models = ['lenet5', 'custom-mlp', 'lenet5-regularized']

describe('schedule', () => {
  test('runs every cell once in each repetition, one repetition after another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), (seed, repetitions) => {
        const asked = { ...plan, models, seed, repetitions }
        const runs = schedule(asked).filter(({ purpose }) => purpose === 'measure')
        expect(runs.map(({ repetition }) => repetition)).toEqual(
          runs.map((_, at) => Math.floor(at / 6) + 1),
        )
        for (let repetition = 1; repetition <= repetitions; repetition++) {
          const names = runs
            .filter((run) => run.repetition === repetition)
            .map(({ backend, model }) => `${backend} ${model}`)
          expect(names.sort()).toEqual(
            cellsOf(asked)
              .map(({ backend, model }) => `${backend} ${model}`)
              .sort(),
          )
        }
      }),
    )
  })

  test('is the same for a seed, and has another order in another repetition or for another seed', () => {
    const orders = (seed: number) => {
      const runs = schedule({ ...plan, models, seed }).filter(
        ({ purpose }) => purpose === 'measure',
      )
      return [0, 1, 2].map((at) =>
        runs
          .slice(at * 6, at * 6 + 6)
          .map(({ backend, model }) => backend + model)
          .join(),
      )
    }
    expect(orders(1)).toEqual(orders(1))
    expect(new Set([...orders(1), ...orders(2)]).size).toBeGreaterThan(4)
  })

  test('begins with a reference for each model when cpu-stock is not among the cells', () => {
    const runs = schedule({ ...plan, engines: ['wasm'], models, repetitions: 1 })
    expect(runs[0]).toMatchObject({ backend: 'null', purpose: 'overhead' })
    expect(
      runs.slice(1, 4).map(({ backend, model, purpose }) => ({ backend, model, purpose })),
    ).toEqual(models.map((model) => ({ backend: 'cpu-stock', model, purpose: 'reference' })))
    expect(
      runs.slice(4).every(({ backend, purpose }) => backend === 'wasm' && purpose === 'measure'),
    ).toBe(true)
    expect(
      schedule({ ...plan, engines: ['wasm', 'cpu-stock'] }).some(
        ({ purpose }) => purpose === 'reference',
      ),
    ).toBe(false)
  })
})

test('a slow runtime gets few processes and steps, no training to an accuracy, and the others all', () => {
  const asked = {
    ...plan,
    engines: ['wasm', 'cpu@jitless'],
    models: ['lenet5'],
    slowRuntimes: ['jitless'],
    repetitions: 8,
    toAccuracy: 0.9,
    seeds: 2,
    budget: { seconds: 1, minSteps: 3, maxSteps: 2000 },
  }
  const of = (backend: string, purpose: string) =>
    schedule(asked).filter((run) => run.backend === backend && run.purpose === purpose)
  expect(of('wasm', 'measure')).toHaveLength(8)
  expect(of('cpu@jitless', 'measure').map(({ repetition }) => repetition)).toEqual([1, 2, 3])
  expect(of('cpu@jitless', 'measure')[0]!.budget).toEqual({ seconds: 1, minSteps: 3, maxSteps: 5 })
  expect(of('wasm', 'measure')[0]!.budget).toEqual(asked.budget)
  expect(of('wasm', 'accuracy')).toHaveLength(2)
  expect(of('cpu@jitless', 'accuracy')).toEqual([])
  const few = schedule({ ...asked, repetitions: 2, budget: { steps: 100 } }).filter(
    ({ backend }) => backend === 'cpu@jitless',
  )
  expect(few.map(({ budget }) => budget)).toEqual([{ steps: 5 }, { steps: 5 }])
})
