import { describe, expect, test } from 'vitest'
import { BENCH_SCHEMA, benchCellSchema, benchResultSchema, samplesByRepetition, type BenchOkCell } from '../src/index.js'

const phase = { medianMs: 1, samplesMs: [1, 1] }
const cell: BenchOkCell = {
  backend: 'wasm', model: 'lenet5', batchSize: 32, status: 'ok', threads: 1, simd: 'simd128', device: 'wasm',
  versions: {}, notes: [],
  step: {
    n: 3, medianMs: 2, madMs: 1, p5Ms: 1, p95Ms: 3, minMs: 1, maxMs: 3, samplesMs: [1, 2, 3], samplesPerRepetition: [2, 1],
  },
  phases: { load: phase, open: phase, compile: phase, firstStep: phase },
  evaluate: { imagesPerSecond: 1000, repetitions: [{ images: 100, ms: 100 }] },
  predictOne: { n: 2, medianMs: 1, p95Ms: 1, samplesMs: [1, 1] },
  peakRssBytes: 1e8, epochSeconds: 3.75,
  parity: { reference: 'cpu', steps: 3, maxLossDelta: 1e-7, maxWeightDelta: 1e-7, ok: true },
}

describe('a bench cell', () => {
  test('gives its samples back by repetition', () => {
    expect(samplesByRepetition(cell.step)).toEqual([[1, 2], [3]])
  })

  test('is refused when its sample counts disagree', () => {
    const step = { ...cell.step, samplesPerRepetition: [2, 2] }
    expect(benchCellSchema.safeParse({ ...cell, step }).error?.issues[0]?.message).toMatch(/disagree/)
  })

  test('is refused with a speed but without parity', () => {
    const { parity: _, ...bare } = cell
    expect(benchCellSchema.safeParse(bare).error?.issues[0]?.path).toEqual(['parity'])
  })

  test('that is unavailable or failed says why', () => {
    const name = { backend: 'webgpu', model: 'lenet5', batchSize: 32 }
    expect(benchCellSchema.safeParse({ ...name, status: 'unavailable', reason: 'no GPU', remedy: 'get one' }).success).toBe(true)
    expect(benchCellSchema.safeParse({ ...name, status: 'failed' }).error?.issues[0]?.path).toEqual(['reason'])
  })
})

test('a bench result is JSON of its schema, and of no other', () => {
  const result = {
    schema: BENCH_SCHEMA, status: 'completed',
    environment: {
      os: 'linux 6.1', arch: 'x64', cpu: 'a processor', cores: 2, memoryBytes: 1e9, node: 'v20', v8: '11', packages: {},
      date: '2026-01-01T00:00:00.000Z', loadAverageBefore: [0, 0, 0], loadAverageAfter: [1, 0, 0],
    },
    protocol: {
      repetitions: 2, warmup: { minSteps: 3, maxSteps: 20, seconds: 0.5 }, budget: { seconds: 1, minSteps: 3, maxSteps: 2000 }, seed: 1, baseline: 'cpu',
      order: [{ backend: 'wasm', model: 'lenet5', batchSize: 32, repetition: 1, reference: false }],
      parity: { steps: 3, lossTolerance: 1e-4, weightTolerance: 1e-4 },
      dataset: { name: 'mnist', trainSamples: 60000, testSamples: 10000 },
    },
    cells: [cell],
  }
  expect(benchResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
  expect(benchResultSchema.safeParse({ ...result, schema: 'mnist-lab/bench@2' }).success).toBe(false)
})
