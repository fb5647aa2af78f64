import { describe, expect, test } from 'vitest'
import { BENCH_SCHEMA, benchResultSchema, type BenchResult } from '../src/results/result-schema.js'
import {
  benchCellSchema,
  countedSamples,
  samplesByRepetition,
  type BenchOkCell,
} from '../src/results/cell-schema.js'
import {
  machineDifferences,
  machineFingerprint,
  softwareDifferences,
  type BenchEnvironment,
} from '../src/results/environment.js'
import { parseBenchResult } from '../src/results/upgrade.js'

const phase = { medianMs: 1, samplesMs: [1, 1] }
const cell: BenchOkCell = {
  backend: 'wasm',
  model: 'lenet5',
  batchSize: 32,
  status: 'ok',
  threads: 1,
  simd: 'simd128',
  device: 'wasm',
  versions: {},
  notes: [],
  step: {
    n: 3,
    medianMs: 2,
    madMs: 1,
    p5Ms: 1,
    p95Ms: 3,
    minMs: 1,
    maxMs: 3,
    samplesMs: [1, 2, 3],
    samplesPerRepetition: [2, 1],
  },
  repetitions: [
    {
      order: 0,
      medianMs: 1.5,
      yardstickMs: 0.5,
      cpuShare: 1,
      disturbed: false,
      collections: 0,
      collectionMs: 0,
    },
    { order: 1, medianMs: 3, disturbed: false },
  ],
  phases: { load: phase, open: phase, compile: phase, firstStep: phase },
  evaluate: { imagesPerSecond: 1000, repetitions: [{ images: 100, ms: 100 }] },
  predictOne: { n: 2, medianMs: 1, p95Ms: 1, samplesMs: [1, 1] },
  memory: {
    peakRssBytes: 1e8,
    tensors: 20,
    leak: { steps: 3, tensors: 0, tensorBytes: 0, engineBytes: 0, jsBytes: -12, marked: false },
  },
  epochSeconds: 3.75,
  parity: {
    reference: 'cpu',
    steps: 3,
    maxLossDelta: 1e-7,
    maxWeightDelta: 1e-7,
    ok: true,
    forward: { maxDelta: 1e-7, relative: 1e-7 },
    layers: [
      {
        name: 'dense_1/kernel',
        gradient: { maxDelta: 1e-8, relative: 1e-6 },
        weight: { maxDelta: 0, relative: 0 },
      },
    ],
  },
}

describe('a bench cell', () => {
  test('returns its samples by repetition', () => {
    expect(samplesByRepetition(cell.step)).toEqual([[1, 2], [3]])
    const [first, second] = [{ ...cell.repetitions[0]!, disturbed: true }, cell.repetitions[1]!]
    expect(countedSamples({ ...cell, repetitions: [first, second] })).toEqual([[3]])
    expect(
      countedSamples({ ...cell, repetitions: [first, { ...second, disturbed: true }] }),
    ).toEqual([[1, 2], [3]])
  })

  test('is refused when its sample counts disagree', () => {
    const step = { ...cell.step, samplesPerRepetition: [2, 2] }
    expect(benchCellSchema.safeParse({ ...cell, step }).error?.issues[0]?.message).toMatch(
      /disagree/,
    )
  })

  test('is refused with a speed but without parity', () => {
    const { parity: _, ...bare } = cell
    expect(benchCellSchema.safeParse(bare).error?.issues[0]?.path).toEqual(['parity'])
  })

  test('that is unavailable or failed says why', () => {
    const name = { backend: 'webgpu', model: 'lenet5', batchSize: 32 }
    expect(
      benchCellSchema.safeParse({
        ...name,
        status: 'unavailable',
        reason: 'no GPU',
        hint: 'get one',
      }).success,
    ).toBe(true)
    expect(benchCellSchema.safeParse({ ...name, status: 'failed' }).error?.issues[0]?.path).toEqual(
      ['reason'],
    )
  })
})

const environment: BenchEnvironment = {
  os: 'linux 6.1',
  arch: 'x64',
  cpu: 'a processor',
  cores: 2,
  availableCores: 1,
  memoryBytes: 8 * 2 ** 30,
  node: 'v20',
  v8: '11',
  packages: { core: '1' },
  date: '2026-01-01T00:00:00.000Z',
  loadAverageBefore: [0, 0, 0],
  loadAverageAfter: [1, 0, 0],
  busyBefore: 0,
  busyAfter: 0.5,
  timer: { resolutionMs: 1e-4, overheadMs: 1e-4 },
}

const result: BenchResult = {
  schema: BENCH_SCHEMA,
  status: 'completed',
  environment,
  protocol: {
    mode: 'fresh',
    repetitions: 2,
    warmup: { minSteps: 3, maxSteps: 20, seconds: 0.5 },
    budget: { seconds: 1, minSteps: 3, maxSteps: 2000 },
    seed: 1,
    baseline: 'cpu',
    order: [{ backend: 'wasm', model: 'lenet5', batchSize: 32, repetition: 1, purpose: 'measure' }],
    parity: {
      steps: 3,
      lossTolerance: 1e-4,
      weightTolerance: 1e-4,
      gradientTolerance: 1e-3,
      forwardTolerance: 1e-3,
    },
    comparison: { alpha: 0.05, minEffect: 0.03 },
    dataset: { name: 'mnist', trainSamples: 60000, testSamples: 10000 },
  },
  cells: [cell],
  overhead: [{ batchSize: 32, medianMs: 0.05, n: 300 }],
}

describe('a bench result', () => {
  test('is JSON of its schema', () => {
    expect(benchResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
    expect(parseBenchResult(JSON.parse(JSON.stringify(result)))).toEqual({ ok: true, result })
  })

  test('of another version is refused with a hint', () => {
    expect(parseBenchResult({ ...result, schema: 'mnist-lab/bench@1' })).toEqual({
      ok: false,
      what: 'expected a bench result of schema mnist-lab/bench@3 or mnist-lab/bench@2 or mnist-lab/bench-peers@1, got mnist-lab/bench@1',
      hint: 'it is of another version of mnist-lab: measure again, or read it with that version',
    })
    const schemas = [7, 'mnist-lab/run@1', '__proto__', 'toString']
    for (const other of [null, [], 'text', ...schemas.map((schema) => ({ schema }))]) {
      expect(parseBenchResult(other)).toMatchObject({
        ok: false,
        hint: expect.stringContaining('bench --json'),
      })
    }
  })

  test('that was changed by hand is refused with the path of the wrong field', () => {
    expect(
      parseBenchResult({ ...result, cells: [{ ...cell, step: { ...cell.step, n: 'many' } }] }),
    ).toMatchObject({
      ok: false,
      what: expect.stringMatching(/^cells\.0\.step\.n: /),
    })
  })
})

describe('a machine', () => {
  test('differs from another in its parts, and in its eight digits', () => {
    expect(
      machineDifferences(environment, { ...environment, cpu: 'another', date: 'later' }),
    ).toEqual([{ what: 'cpu', a: 'a processor', b: 'another' }])
    expect(machineDifferences(environment, { ...environment, cpuLimit: 1.5 })).toEqual([
      { what: 'cpuLimit', a: 'unknown', b: '1.5' },
    ])
    expect(machineFingerprint(environment)).toMatch(/^[0-9a-f]{8}$/)
    expect(machineFingerprint({ ...environment, date: 'later', node: 'v22' })).toBe(
      machineFingerprint(environment),
    )
    expect(machineFingerprint({ ...environment, availableCores: 2 })).not.toBe(
      machineFingerprint(environment),
    )
  })

  test('is the same after a restart with slightly less memory', () => {
    expect(
      machineDifferences(environment, {
        ...environment,
        memoryBytes: environment.memoryBytes! - 4096,
      }),
    ).toEqual([])
  })

  test('may run other software, which is reported', () => {
    const other = { ...environment, node: 'v22', packages: { core: '2', more: '1' } }
    expect(softwareDifferences(environment, other)).toEqual([
      { what: 'node', a: 'v20', b: 'v22' },
      { what: 'core', a: '1', b: '2' },
    ])
  })
})
