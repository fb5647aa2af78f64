import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accuracy,
  classificationReport,
  confusionCounts,
  confusionMatrix,
  MAX_MATRIX_CLASSES,
} from '../src/index.js'

const pairs = fc
  .array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 60 })
  .map((list) => ({
    labels: list.map(([label]) => label),
    predictions: list.map(([, prediction]) => prediction),
  }))

describe('confusionMatrix', () => {
  test('counts by label (row) and prediction (column)', () => {
    const matrix = confusionMatrix(Uint8Array.of(0, 0, 1, 2, 2, 2), [0, 1, 1, 2, 2, 0], 3)
    expect([...matrix.counts]).toEqual([1, 1, 0, 0, 1, 0, 1, 0, 2])
  })

  test('names the sample whose index is no class', () => {
    expect(() => confusionMatrix([0, 3], [0, 0], 3)).toThrow(
      'label 1: expected a class from 0 to 2, got 3',
    )
    expect(() => confusionMatrix([0], [-1], 3)).toThrow(
      'prediction 0: expected a class from 0 to 2, got -1',
    )
  })

  test('refuses more classes than its limit before it takes memory for them', () => {
    expect(confusionMatrix([0], [MAX_MATRIX_CLASSES - 1], MAX_MATRIX_CLASSES).counts[1023]).toBe(1)
    expect(() => confusionMatrix([0], [0], 65_535)).toThrow(
      'confusion matrix: expected at most 1024 classes, got 65535',
    )
  })
})

describe('confusionCounts', () => {
  test('has the numbers of the matrix that are not 0, the largest first', () => {
    expect(confusionCounts(Uint16Array.of(7, 65_534, 7, 0), [0, 300, 0, 0])).toEqual([
      { label: 7, prediction: 0, count: 2 },
      { label: 0, prediction: 0, count: 1 },
      { label: 65_534, prediction: 300, count: 1 },
    ])
  })

  test('agrees with the matrix', () => {
    fc.assert(
      fc.property(pairs, ({ labels, predictions }) => {
        const counts = new Uint32Array(25)
        for (const { label, prediction, count } of confusionCounts(labels, predictions))
          counts[label * 5 + prediction] = count
        expect(counts).toEqual(confusionMatrix(labels, predictions, 5).counts)
      }),
    )
  })
})

describe('classificationReport', () => {
  // The same numbers as sklearn.metrics.classification_report([0,0,1,2,2,2], [0,1,1,2,2,0]) gives.
  test('agrees with a hand-computed example', () => {
    const report = classificationReport([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], 3)
    expect(report.classes[0]).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 })
    expect(report.classes[1]).toEqual({ precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 })
    expect(report.classes[2]).toEqual({ precision: 1, recall: 2 / 3, f1: 4 / 5, support: 3 })
    expect(report.accuracy).toBe(4 / 6)
    expect(report.macro.f1).toBeCloseTo((1 / 2 + 2 / 3 + 4 / 5) / 3, 12)
    expect(report.weighted.precision).toBeCloseTo((2 / 2 + 1 / 2 + 3) / 6, 12)
    expect(report.weighted.support).toBe(6)
  })

  test('gives 0 for a class never predicted or without samples', () => {
    const report = classificationReport([0, 0], [0, 1], 3)
    expect(report.classes[1]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 })
    expect(report.classes[2]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 })
  })

  test('takes memory for each class of 65,535, and not for each pair of them', () => {
    const report = classificationReport([0, 65_534], [0, 65_534], 65_535)
    expect(report.classes).toHaveLength(65_535)
    expect(report.accuracy).toBe(1)
    expect(report.classes[65_534]).toEqual({ precision: 1, recall: 1, f1: 1, support: 1 })
  })

  test('names the sample whose index is no class', () => {
    expect(() => classificationReport([0], [3], 3)).toThrow(
      'prediction 0: expected a class from 0 to 2, got 3',
    )
  })

  // scikit-learn averages over the union of both lists too.
  test('averages over the classes that occur, and not over the other outputs of a model', () => {
    const [labels, predictions] = [
      [1, 1, 2],
      [1, 3, 2],
    ]
    expect(classificationReport(labels, predictions, 12).macro).toEqual({
      precision: 2 / 3,
      recall: 1.5 / 3,
      f1: (2 / 3 + 1) / 3,
      support: 3,
    })
  })

  test('has the accuracy as its weighted recall, and scores within 0 and 1', () => {
    fc.assert(
      fc.property(pairs, ({ labels, predictions }) => {
        const report = classificationReport(labels, predictions, 5)
        expect(report.accuracy).toBe(accuracy(labels, predictions))
        expect(report.weighted.recall).toBeCloseTo(report.accuracy, 12)
        for (const { precision, recall, f1 } of report.classes) {
          expect(f1).toBeLessThanOrEqual(Math.max(precision, recall) + 1e-12)
          expect(f1).toBeGreaterThanOrEqual(Math.min(precision, recall) - 1e-12)
        }
      }),
    )
  })
})
