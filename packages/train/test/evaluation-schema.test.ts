import { describe, expect, test } from 'vitest'
import {
  EVALUATION_SCHEMA,
  evaluationSchema,
  mistakenSamples,
  mostConfidentMistakes,
} from '../src/evaluation-schema.js'

const evaluation = {
  schema: EVALUATION_SCHEMA,
  weightsSha256: 'a'.repeat(64),
  backend: 'wasm',
  dataset: { name: 'mnist/test', samples: 4, shape: [1, 1, 1], classNames: ['0', '1'] },
  train: { samples: 8, accuracy: 0.75 },
  confusion: [2, 1, 0, 1],
  wrong: [3],
  mistakes: [{ index: 3, label: 0, prediction: 1, confidence: 0.9, pixels: 'AA==' }],
  filters: { layer: 'dense_1', height: 1, width: 1, outputs: 2, pictures: [[0.5], [-0.5]] },
}

describe('the schema of evaluation.json', () => {
  test('accepts consistent values', () => {
    expect(evaluationSchema.parse(evaluation)).toEqual(evaluation)
  })

  test.each([
    [{ schema: 'mnist-lab/evaluation@2' }, 'schema'],
    [{ weightsSha256: 'A' }, 'weightsSha256'],
    [{ confusion: [2, 1, 1] }, 'confusion'],
    [{ confusion: [2, 1, 1, 1] }, 'confusion'],
    [{ wrong: [] }, 'wrong'],
    [{ filters: { ...evaluation.filters, width: 2 } }, 'filters'],
  ])('refuses %j', (change, path) => {
    const { error } = evaluationSchema.safeParse({ ...evaluation, ...change })
    expect(error?.issues[0]?.path[0]).toBe(path)
  })
})

test('the most confident mistakes come first, and equally confident ones in order', () => {
  const [labels, predictions, confidences] = [
    [0, 1, 2, 0, 1],
    [0, 2, 0, 1, 2],
    [1, 0.5, 0.9, 0.9, 0.6],
  ]
  expect(mistakenSamples(labels, predictions)).toEqual([1, 2, 3, 4])
  expect(mostConfidentMistakes(labels, predictions, confidences, 3)).toEqual([2, 3, 4])
  expect(mostConfidentMistakes([1], [1], [1], 3)).toEqual([])
})
