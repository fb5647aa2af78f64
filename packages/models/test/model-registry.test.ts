import { describe, expect, it } from 'vitest'
import { modelByName, models } from '../src/index.js'

describe('modelByName', () => {
  it('knows the three models under their own names', () => {
    expect(Object.keys(models)).toEqual(['lenet5', 'custom-mlp', 'lenet5-regularized'])
    for (const [name, entry] of Object.entries(models)) {
      expect(modelByName(name)).toBe(entry)
      expect(entry.name).toBe(name)
      expect(entry.create().name).toBe(name)
    }
  })

  it('recommends weight decay for the regularised model alone', () => {
    expect(Object.values(models).map(({ weightDecay }) => weightDecay)).toEqual([0, 0, 0.001])
  })

  it.each([
    ['lenet', 'did you mean lenet5?'],
    ['LeNet5', 'did you mean lenet5?'],
    ['lenet5-regularised', 'did you mean lenet5-regularized?'],
    ['mlp', 'choose one of these names'],
    ['toString', 'choose one of these names'],
  ])('lists the names for %s', (name, hint) => {
    expect(() => modelByName(name)).toThrow(
      `model ${name}: unknown, expected lenet5, custom-mlp, lenet5-regularized; ${hint}`,
    )
  })
})
