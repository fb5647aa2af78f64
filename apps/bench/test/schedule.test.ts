import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellsOf, schedule } from '../src/schedule.js'
import { options } from './fixtures/reports.js'

const models = ['lenet5', 'custom-mlp', 'lenet5-regularized']

describe('schedule', () => {
  test('runs every cell once in each repetition, one repetition after another', () => {
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), (seed, repetitions) => {
      const asked = { ...options, models, seed, repetitions }
      const runs = schedule(asked).filter(({ reference }) => !reference)
      expect(runs.map(({ repetition }) => repetition)).toEqual(runs.map((_, at) => Math.floor(at / 6) + 1))
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        const names = runs.filter((run) => run.repetition === repetition).map(({ backend, model }) => `${backend} ${model}`)
        expect(names.sort()).toEqual(cellsOf(asked).map(({ backend, model }) => `${backend} ${model}`).sort())
      }
    }))
  })

  test('is the same for a seed, and in another order in another repetition or for another seed', () => {
    const orders = (seed: number) => {
      const runs = schedule({ ...options, models, seed }).filter(({ reference }) => !reference)
      return [0, 1, 2].map((at) => runs.slice(at * 6, at * 6 + 6).map(({ backend, model }) => backend + model).join())
    }
    expect(orders(1)).toEqual(orders(1))
    expect(new Set([...orders(1), ...orders(2)]).size).toBeGreaterThan(4)
  })

  test('begins with a reference for each model when cpu-stock is not among the cells', () => {
    const runs = schedule({ ...options, backends: ['wasm'], models, repetitions: 1 })
    expect(runs.slice(0, 3).map(({ backend, model, reference }) => ({ backend, model, reference })))
      .toEqual(models.map((model) => ({ backend: 'cpu-stock', model, reference: true })))
    expect(runs.slice(3).every(({ backend, reference }) => backend === 'wasm' && !reference)).toBe(true)
    expect(schedule({ ...options, backends: ['wasm', 'cpu-stock'] }).some(({ reference }) => reference)).toBe(false)
  })
})
