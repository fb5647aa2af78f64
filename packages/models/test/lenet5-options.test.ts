import { describe, expect, it } from 'vitest'
import { costs, lenet5, lenet5Regularized, type Layer } from '../src/index.js'

const kinds = (layers: readonly Layer[]) => layers.map(({ type }) => type).join(' ')

describe('lenet5 with one thing changed', () => {
  it('replaces every tanh by ReLU and changes nothing else', () => {
    expect(kinds(lenet5({ activation: 'relu' }).layers)).toBe(
      kinds(lenet5().layers).replaceAll('tanh', 'relu'),
    )
  })

  it('replaces every average pooling by max pooling and changes nothing else', () => {
    expect(kinds(lenet5({ pooling: 'max' }).layers)).toBe(
      kinds(lenet5().layers).replaceAll('avgPool2d', 'maxPool2d'),
    )
  })

  it('adds dropout after both poolings and both hidden dense layers', () => {
    expect(kinds(lenet5({ dropout: 0.25 }).layers)).toBe(
      'conv2d tanh avgPool2d dropout conv2d tanh avgPool2d dropout flatten dense tanh dropout dense tanh dropout dense softmax',
    )
    expect(lenet5({ dropout: 0.25 }).layers.filter(({ type }) => type === 'dropout')).toEqual(
      Array(4).fill({ type: 'dropout', rate: 0.25 }),
    )
  })

  it('is the regularised model with all three', () => {
    const all = lenet5({ activation: 'relu', pooling: 'max', dropout: 0.5 })
    expect(lenet5Regularized()).toEqual({ ...all, name: 'lenet5-regularized' })
    expect(lenet5Regularized({ dropout: 0.1 }).layers).toContainEqual({
      type: 'dropout',
      rate: 0.1,
    })
  })

  it('has the same parameters and multiply-adds in every form', () => {
    for (const options of [
      {},
      { activation: 'relu' },
      { pooling: 'max' },
      { dropout: 0.5 },
    ] as const) {
      expect(costs(lenet5(options)).total).toMatchObject({
        parameters: 61_706,
        multiplyAdds: costs(lenet5()).total.multiplyAdds,
      })
    }
  })
})
