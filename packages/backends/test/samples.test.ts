import { LAYER_TYPES } from '@mnist-lab/models/testing'
import { expect, test } from 'vitest'
import { everyLayer } from '../src/testing/samples.js'

test('the model of the contract tests has every type of layer', () => {
  const used = new Set(everyLayer.layers.map(({ type }) => type))
  expect([...used].toSorted()).toEqual(Object.keys(LAYER_TYPES).toSorted())
})
