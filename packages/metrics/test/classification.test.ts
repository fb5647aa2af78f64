import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accuracy, classificationReport, confusionMatrix } from '../src/index.js'

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
})

describe('classificationReport', () => {
  // The same numbers as sklearn.metrics.classification_report([0,0,1,2,2,2], [0,1,1,2,2,0]) gives.
  test('agrees with a hand-computed example', () => {
    const report = classificationReport(confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], 3))
    expect(report.classes[0]).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 })
    expect(report.classes[1]).toEqual({ precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 })
    expect(report.classes[2]).toEqual({ precision: 1, recall: 2 / 3, f1: 4 / 5, support: 3 })
    expect(report.accuracy).toBe(4 / 6)
    expect(report.macro.f1).toBeCloseTo((1 / 2 + 2 / 3 + 4 / 5) / 3, 12)
    expect(report.weighted.precision).toBeCloseTo((2 / 2 + 1 / 2 + 3) / 6, 12)
    expect(report.weighted.support).toBe(6)
  })

  test('gives 0 for a class never predicted or without samples', () => {
    const report = classificationReport(confusionMatrix([0, 0], [0, 1], 3))
    expect(report.classes[1]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 })
    expect(report.classes[2]).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 })
  })

  test('has the accuracy as its weighted recall, and scores within 0 and 1', () => {
    fc.assert(
      fc.property(pairs, ({ labels, predictions }) => {
        const report = classificationReport(confusionMatrix(labels, predictions, 5))
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
