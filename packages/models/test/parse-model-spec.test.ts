import { isInputError } from '@mnist-lab/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ModelError, type ModelSpec, models, parseModelSpec } from '../src/index.js'
import { LAYER_TYPES } from '../src/layers.js'

const dense: ModelSpec = {
  name: 'tiny',
  inputShape: [4, 4, 1],
  layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
}

/** Lists within each other, far more than the stack has room for. */
const deep = Array.from({ length: 200_000 }).reduce<unknown>((inner) => [inner], 1)

function messageOf(json: unknown): string {
  try {
    parseModelSpec(json, 'model.json')
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    expect(isInputError(error)).toBe(true)
    return (error as Error).message
  }
  throw new Error('accepted')
}

describe('parseModelSpec', () => {
  it.each(Object.entries(models))('takes %s through JSON unchanged', (_, entry) => {
    const spec = entry.create()
    expect(parseModelSpec(JSON.parse(JSON.stringify(spec)), 'model.json')).toEqual(spec)
  })

  it.each<[string, unknown, string]>([
    ['no object', 7, 'model.json: expected an object, got 7; correct it'],
    ['nothing', undefined, 'model.json: expected an object, got nothing; correct it'],
    [
      'a missing name',
      { ...dense, name: undefined },
      'model.json at name: expected a name, got nothing; correct it',
    ],
    [
      'an empty name',
      { ...dense, name: '' },
      'model.json at name: expected a name, got ""; correct it',
    ],
    [
      'a flat input',
      { ...dense, inputShape: [16] },
      'model.json at inputShape: expected [height, width, channels], got [16]; correct it',
    ],
    [
      'a fractional side',
      { ...dense, inputShape: [4, 4.5, 1] },
      'model.json at inputShape[1]: expected an integer ≥ 1, got 4.5; correct it',
    ],
    [
      'no layers',
      { ...dense, layers: [] },
      'model.json at layers: expected at least one layer, got []; correct it',
    ],
    [
      'an unknown key',
      { ...dense, extra: 1, more: 2 },
      'model.json: unknown key "extra", "more"; remove it or correct its spelling',
    ],
    [
      'an unknown key of a layer',
      { ...dense, layers: [{ type: 'flatten', foo: 1 }] },
      'model.json at layers[0]: unknown key "foo"; remove it or correct its spelling',
    ],
    [
      'an unknown layer',
      { ...dense, layers: [{ type: 'lstm' }] },
      `model.json at layers[0].type: expected ${Object.keys(LAYER_TYPES).join(', ').replace(', softmax', ' or softmax')}, got "lstm"; correct it`,
    ],
    [
      'a layer that is null',
      { ...dense, layers: [null] },
      'model.json at layers[0]: expected an object, got null; correct it',
    ],
    [
      'no units',
      { ...dense, layers: [{ type: 'dense', units: 0 }] },
      'model.json at layers[0].units: expected an integer ≥ 1, got 0; correct it',
    ],
    [
      'units as text',
      { ...dense, layers: [{ type: 'dense', units: '8' }] },
      'model.json at layers[0].units: expected an integer ≥ 1, got "8"; correct it',
    ],
    [
      'a kernel with three sides',
      { ...dense, layers: [{ type: 'conv2d', filters: 1, kernelSize: [1, 2, 3] }] },
      'model.json at layers[0].kernelSize: expected an integer ≥ 1 or a pair [height, width], got [1,2,3]; correct it',
    ],
    [
      'negative padding',
      { ...dense, layers: [{ type: 'conv2d', filters: 1, kernelSize: 3, padding: -1 }] },
      "model.json at layers[0].padding: expected 'valid', 'same' or an integer ≥ 0, got -1; correct it",
    ],
    [
      'a rate of 1',
      { ...dense, layers: [{ type: 'dropout', rate: 1 }] },
      'model.json at layers[0].rate: expected a number from 0 to below 1, got 1; correct it',
    ],
    [
      'a zero standard deviation',
      { ...dense, normalization: { mean: 0, std: 0 } },
      'model.json at normalization.std: expected a number above 0, got 0; correct it',
    ],
    [
      'a value that is deep',
      { ...dense, inputShape: deep },
      'model.json at inputShape: expected [height, width, channels], got a list of 1; correct it',
    ],
    [
      'an object where a number belongs',
      { ...dense, normalization: { mean: { a: deep }, std: 1 } },
      'model.json at normalization.mean: expected a finite number, got an object; correct it',
    ],
    [
      'more layers than 1000',
      { ...dense, layers: Array.from({ length: 1001 }, () => ({ type: 'relu' })) },
      'model.json at layers: expected at most 1000 layers, got a list of 1001; correct it',
    ],
    [
      'NaN',
      { ...dense, normalization: { mean: NaN, std: 1 } },
      'model.json at normalization.mean: expected a finite number, got NaN; correct it',
    ],
  ])('names the place of %s', (_, json, message) => {
    expect(messageOf(json)).toBe(message)
  })

  it('checks that the layers fit each other', () => {
    expect(messageOf({ ...dense, layers: [{ type: 'dense', units: 2 }] })).toContain(
      'add flatten before it',
    )
  })

  it('refuses anything else with one line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(messageOf(json)).not.toContain('\n')
      }),
    )
  })
})
