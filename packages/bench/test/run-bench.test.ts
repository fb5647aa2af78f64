import { benchResultSchema } from '../src/results/result-schema.js'
import { type BenchCell } from '../src/results/cell-schema.js'
import { benchTable } from '../src/present/result-table.js'
import { describe, expect, test } from 'vitest'
import type { CellReport, CellRequest } from '../src/measure/cell-report.js'
import { measureAll } from '../src/measure/run-bench.js'
import { exitCode } from '../src/node/bench-command.js'
import type { BenchPlan } from '../src/protocol/plan.js'
import { benchResult } from '../src/results/build-result.js'
import type { BenchProgress } from '../src/measure/run-bench.js'
import { schedule } from '../src/protocol/schedule.js'
import { environment, fakeRunner, okReport, plan } from './fixtures/reports.js'

type Reports = Readonly<Record<string, (request: CellRequest) => CellReport>>

/**
 * Runs a bench.
 *
 * @param abortAfter the number of finished processes after which it is aborted
 */
async function bench(reports: Reports, change: Partial<BenchPlan> = {}, abortAfter = Infinity) {
  const asked = { ...plan, ...change }
  const abort = new AbortController()
  const seen: BenchProgress[] = []
  const finished = await measureAll(
    asked,
    {
      runCell: fakeRunner({ 'cpu-stock': cpu, ...reports }),
      signal: abort.signal,
      onProgress(progress) {
        seen.push(progress)
        if (progress.type === 'finished' && progress.runs.length === abortAfter) abort.abort()
      },
    },
    environment,
  )
  const result = benchResult(asked, finished, environment)
  const code = exitCode(result, asked)
  const cell = (backend: string) => result.cells.find((one) => one.backend === backend)
  return { result, code, seen, cell }
}

const okCell = (cell: BenchCell | undefined) => {
  expect(cell?.status).toBe('ok')
  return cell as BenchCell & { status: 'ok' }
}

const cpu = () => okReport(600)
const wasm = () => okReport(20)

describe('a bench in which everything runs', () => {
  test('has all samples of a cell, by repetition, and their statistics', async () => {
    const { result, cell, code } = await bench({ cpu, wasm })
    const { step, phases, epochSeconds } = okCell(cell('wasm'))
    expect(step).toMatchObject({
      n: 12,
      medianMs: 20,
      samplesPerRepetition: [4, 4, 4],
      minMs: 18,
      maxMs: 22,
    })
    expect(phases.firstStep).toEqual({ medianMs: 100, samplesMs: [100, 100, 100] })
    expect(epochSeconds).toBeCloseTo((20 * 1875) / 1000, 9)
    expect(result.status).toBe('completed')
    expect(result.environment.packages).toEqual({ engine: '1.0.0' })
    expect(code).toBe(0)
  })

  test('compares with cpu, which has no ratio itself', async () => {
    const { cell } = await bench({ cpu, wasm })
    const { ratio, low, high } = okCell(cell('wasm')).versusBaseline!
    expect(ratio).toBeCloseTo(30, 9)
    expect(low).toBeLessThanOrEqual(ratio)
    expect(high).toBeGreaterThanOrEqual(ratio)
    expect(okCell(cell('cpu')).versusBaseline).toBeUndefined()
  })

  test("writes JSON of the schema, in the table's order, with the processes as they ran", async () => {
    const { result } = await bench({ cpu, wasm })
    expect(benchResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
    expect(result.cells.map(({ backend }) => backend)).toEqual(['wasm', 'cpu'])
    expect(result.protocol.order).toHaveLength(8)
    expect(result.overhead).toEqual([{ batchSize: 32, medianMs: 0.05, n: 4 }])
  })

  test('reports how many processes are left, before and after each', async () => {
    const { seen } = await bench({ cpu, wasm })
    expect(seen.map(({ type, left }) => `${type} ${left}`).slice(0, 4)).toEqual([
      'started 8',
      'finished 7',
      'started 7',
      'finished 6',
    ])
  })
})

describe('the bits of a cell', () => {
  /** Returns a report whose first weight is moved by a few units in the last place. */
  const withWeight = (weight: number) => () => {
    const report = okReport(1)
    report.trace.weights[0]![0] = weight
    return report
  }
  const bitsOf = async (weight: (request: CellRequest) => number) => {
    const { cell } = await bench(
      {
        'fused-simd128': withWeight(1),
        'fused-scalar': withWeight(1 + 2 ** -23),
        'fused@bun': (request) => withWeight(weight(request))(),
      },
      { engines: ['fused@bun'] },
    )
    return okCell(cell('fused@bun')).bits
  }

  test.each([
    ['simd128', 1],
    ['scalar', 1 + 2 ** -23],
    ['other', 1 - 2 ** -24],
  ])('are %s', async (bits, weight) => {
    expect(await bitsOf(() => weight)).toBe(bits)
  })

  test('are others when one repetition has them', async () => {
    expect(await bitsOf(({ repetition }) => (repetition === 2 ? 1 + 2 ** -23 : 1))).toBe('other')
  })

  test('tell the two zeros apart', async () => {
    const { cell } = await bench(
      {
        'fused-simd128': withWeight(0),
        'fused-scalar': withWeight(1),
        'fused@bun': withWeight(-0),
      },
      { engines: ['fused@bun'] },
    )
    expect(okCell(cell('fused@bun')).bits).toBe('other')
  })

  test('are not compared for an engine that is not ours', async () => {
    const { cell, result } = await bench({ wasm }, { engines: ['wasm'] })
    expect(okCell(cell('wasm')).bits).toBeUndefined()
    expect(result.protocol.order.map(({ backend }) => backend)).not.toContain('fused-simd128')
  })
})

describe('parity', () => {
  test('is taken from the worst repetition, and fails the bench beyond the tolerance', async () => {
    const { cell, code } = await bench({
      cpu,
      wasm: ({ repetition }) => okReport(20, repetition === 2 ? 0.01 : 1e-6),
    })
    const { parity } = okCell(cell('wasm'))
    expect(parity.maxLossDelta).toBeCloseTo(0.01, 9)
    expect(parity).toMatchObject({ reference: 'cpu-stock', steps: 3, maxWeightDelta: 0, ok: false })
    expect(code).toBe(1)
  })

  test.each([[['wasm']], [['wasm', 'cpu']]])(
    'of %j comes from a reference run, which is no cell',
    async (backends) => {
      const { result, cell, code } = await bench({ cpu, wasm }, { engines: backends })
      expect(result.cells.map(({ backend }) => backend)).toEqual(backends)
      expect(okCell(cell('wasm')).parity).toMatchObject({ reference: 'cpu-stock', ok: true })
      expect(result.protocol.order[1]).toMatchObject({ backend: 'cpu-stock', purpose: 'reference' })
      expect(code).toBe(0)
    },
  )

  test("of cpu is measured with TensorFlow.js's own kernels, which run once when they are a cell", async () => {
    const { result, cell, code } = await bench(
      { cpu: () => okReport(20, 0.01) },
      { engines: ['cpu', 'cpu-stock'] },
    )
    expect(okCell(cell('cpu')).parity).toMatchObject({ reference: 'cpu-stock', ok: false })
    expect(okCell(cell('cpu-stock')).parity).toMatchObject({
      reference: 'cpu-stock',
      maxLossDelta: 0,
      ok: true,
    })
    expect(result.protocol.order.some(({ purpose }) => purpose === 'reference')).toBe(false)
    expect(code).toBe(1)
  })

  test('is not ok for a loss that is NaN', async () => {
    const { cell } = await bench({ cpu, wasm: () => okReport(20, NaN) })
    expect(okCell(cell('wasm')).parity).toMatchObject({ maxLossDelta: Number.MAX_VALUE, ok: false })
  })

  test('removes the speed from the table if it is missing', async () => {
    const failed = (): CellReport => ({ status: 'failed', reason: 'out of memory' })
    const { result, cell, code } = await bench({ 'cpu-stock': failed, cpu, wasm })
    expect(cell('wasm')).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('out of memory'),
    })
    expect(benchTable(result)).not.toContain('20.0')
    expect(code).toBe(1)
  })
})

describe('a backend that does not run', () => {
  const unavailable = (): CellReport => ({
    status: 'unavailable',
    reason: 'no WebAssembly',
    hint: 'use cpu',
  })

  test('is a row with its reason, tried once, and no error unless it was asked for by name', async () => {
    const { result, cell, code } = await bench({ cpu, wasm: unavailable })
    expect(cell('wasm')).toEqual({
      backend: 'wasm',
      model: 'lenet5',
      batchSize: 32,
      status: 'unavailable',
      reason: 'no WebAssembly',
      hint: 'use cpu',
    })
    expect(result.protocol.order.filter(({ backend }) => backend === 'wasm')).toHaveLength(1)
    expect(result.status).toBe('completed')
    expect(code).toBe(0)
  })

  test('ends in code 2 when it was asked for by name', async () => {
    expect((await bench({ cpu, wasm: unavailable }, { named: ['wasm'] })).code).toBe(2)
  })

  test('is failed, not measured, when one repetition of several crashes', async () => {
    const crash = ({ repetition }: CellRequest): CellReport =>
      repetition === 2 ? { status: 'failed', reason: 'SIGSEGV' } : okReport(20)
    const { cell, code } = await bench({ cpu, wasm: crash })
    expect(cell('wasm')).toMatchObject({ status: 'failed', reason: 'SIGSEGV' })
    expect(okCell(cell('cpu')).step.n).toBe(12)
    expect(code).toBe(1)
  })
})

describe('an interrupted bench', () => {
  test('keeps what had finished and says that it is incomplete', async () => {
    const { result, code } = await bench({ cpu, wasm }, {}, 6)
    const repetitions = result.cells.map((cell) => okCell(cell).step.samplesPerRepetition.length)
    expect(repetitions.reduce((a, b) => a + b)).toBe(4)
    expect(result.status).toBe('interrupted')
    expect(code).toBe(130)
  })

  test('has no speed without its reference', () => {
    const request = schedule(plan).find(({ backend }) => backend === 'wasm')!
    const result = benchResult(
      plan,
      { runs: [{ request, report: wasm() }], interrupted: true },
      environment,
    )
    expect(result.cells).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('had not run yet') },
    ])
  })
})

describe('statistics', () => {
  test('mark processes that had to share their core, leaks, and drift from one process to the next', async () => {
    const worse = ({ repetition }: CellRequest): CellReport => {
      const report = okReport(20 * (1 + repetition / 20))
      const leak = { steps: 4, tensors: 1, tensorBytes: 4, engineBytes: 0, jsBytes: 0 }
      return {
        ...report,
        timings: { ...report.timings, cpuShare: repetition === 2 ? 0.5 : 1, leak },
      }
    }
    const { cell, result } = await bench({ cpu, wasm: worse }, { repetitions: 8 })
    const { repetitions, drift, memory, step } = okCell(cell('wasm'))
    // The second one was disturbed: it stays in the file, does not count, and a ninth was measured
    // for it.
    expect(repetitions.map(({ disturbed }) => disturbed)).toEqual([
      false,
      true,
      ...new Array<boolean>(7).fill(false),
    ])
    expect(result.protocol.order.at(-1)).toMatchObject({
      backend: 'wasm',
      repetition: 9,
      purpose: 'measure',
    })
    expect(step).toMatchObject({ n: 32, samplesPerRepetition: new Array<number>(9).fill(4) })
    expect(drift).toMatchObject({ marked: true, change: expect.closeTo(0.29, 1) })
    expect(memory.leak).toMatchObject({ tensors: 1, marked: true })
    expect(okCell(cell('cpu')).memory.leak).toMatchObject({ marked: false })
  })

  test('use all processes of a cell that is always disturbed, after as many repetitions again', async () => {
    const busy = (): CellReport => {
      const report = okReport(20)
      return { ...report, timings: { ...report.timings, cpuShare: 0.4 } }
    }
    const { cell } = await bench({ cpu, wasm: busy })
    const { repetitions, step, versusBaseline } = okCell(cell('wasm'))
    expect(repetitions).toHaveLength(6)
    expect(step.n).toBe(24)
    expect(versusBaseline!.verdict).toBeUndefined()
  })

  test('say whether a cell differs from the baseline, if there are enough processes', async () => {
    const verdict = async (ms: number, repetitions: number) => {
      const noisy =
        (of: number) =>
        ({ repetition }: CellRequest) =>
          okReport(of * (1 + repetition / 500))
      return okCell(
        (await bench({ cpu: noisy(20), wasm: noisy(ms) }, { repetitions })).cell('wasm'),
      ).versusBaseline!.verdict
    }
    expect(await verdict(15, 8)).toBe('faster')
    expect(await verdict(20.1, 8)).toBe('no difference shown')
    expect(await verdict(15, 2)).toBeUndefined()
  })
})

describe('a profile', () => {
  const profile = {
    steps: [10, 12],
    phases: [{ phase: 'forward', ms: 12 }],
    kernels: [{ name: 'Conv2D', phase: 'forward', calls: 4, ms: 8 }],
  } as const
  const profiled = (request: CellRequest): CellReport =>
    request.purpose === 'profile' ? { status: 'ok', info: okReport(1).info, profile } : okReport(20)

  test('runs after all timed processes, and has times per step and the time between kernels', async () => {
    const { result, cell } = await bench({ cpu: profiled, wasm: profiled }, { profile: true })
    expect(result.protocol.order.slice(-2).map(({ purpose }) => purpose)).toEqual([
      'profile',
      'profile',
    ])
    expect(okCell(cell('wasm')).profile).toEqual({
      steps: 2,
      stepMs: 11,
      meanStepMs: 11,
      phases: [{ phase: 'forward', ms: 6 }],
      kernels: [
        { name: 'Conv2D', phase: 'forward', calls: 2, ms: 4 },
        { name: '(between kernels)', phase: 'forward', calls: 0, ms: 2 },
      ],
    })
  })

  test('that a backend cannot make leaves its cell unchanged', async () => {
    const without = (request: CellRequest): CellReport =>
      request.purpose === 'profile'
        ? { status: 'unavailable', reason: 'it cannot', hint: 'none' }
        : okReport(20)
    const { cell, code } = await bench({ cpu, wasm: without }, { profile: true })
    expect(okCell(cell('wasm')).profile).toBeUndefined()
    expect(code).toBe(0)
  })
})

describe('time to accuracy', () => {
  const trained = (request: CellRequest): CellReport =>
    request.purpose !== 'accuracy'
      ? okReport(20)
      : {
          status: 'ok',
          info: okReport(1).info,
          accuracy: {
            seed: request.seed,
            accuracies: [0.97, 0.985, 0.986],
            epochs: 2,
            seconds: 10,
            trainSeconds: 15,
            evaluateSeconds: 1,
          },
        }

  test('is one training for each seed, beside the timed steps', async () => {
    const { result } = await bench(
      { cpu: trained, wasm: trained },
      { toAccuracy: 0.98, engines: ['wasm'], seed: 7 },
    )
    expect(result.accuracy).toMatchObject({
      target: 0.98,
      maxEpochs: 3,
      cells: [{ backend: 'wasm', status: 'ok', runs: [{ seed: 7 }, { seed: 8 }] }],
    })
  })

  test('that fails is reported, and fails the bench', async () => {
    const failing = (request: CellRequest): CellReport =>
      request.purpose === 'accuracy' ? { status: 'failed', reason: 'diverged' } : okReport(20)
    const { result, code } = await bench(
      { cpu, wasm: failing },
      { toAccuracy: 0.98, engines: ['wasm'] },
    )
    expect(result.accuracy?.cells).toMatchObject([{ status: 'failed', reason: 'diverged' }])
    expect(code).toBe(1)
  })
})

describe('a sweep', () => {
  test('has a cell for each batch size and number of threads, and reports those that a backend lacks', async () => {
    const reports = {
      cpu,
      wasm: ({ askedThreads }: CellRequest): CellReport =>
        askedThreads === 2
          ? { status: 'unavailable', reason: 'one thread', hint: 'none' }
          : okReport(20),
    }
    const { result, code } = await bench(reports, {
      batchSizes: [8, 32],
      threads: [1, 2],
      engines: ['wasm'],
      named: ['wasm'],
    })
    expect(
      result.cells.map(
        ({ batchSize, askedThreads, status }) => `${batchSize} ${askedThreads} ${status}`,
      ),
    ).toEqual(['8 1 ok', '8 2 unavailable', '32 1 ok', '32 2 unavailable'])
    expect(code).toBe(0)
  })
})

describe('parity that is lost', () => {
  const prefix = (layer: string, forward: number, gradient: number) => ({
    layer,
    forward: Float32Array.of(forward),
    gradients: [Float32Array.of(gradient)],
  })
  const reporting =
    (offset: number, wrong: number) =>
    (request: CellRequest): CellReport =>
      request.purpose !== 'divergence'
        ? okReport(20, offset)
        : {
            status: 'ok',
            info: okReport(1).info,
            prefixes: [
              prefix('0 dense', 1, 1),
              prefix('1 conv2d', 2, 2),
              prefix('3 avgPool2d', 3, 3 + wrong),
            ],
          }

  test('is searched for layer by layer, in the backend and its reference', async () => {
    const { result, cell } = await bench({
      cpu,
      wasm: reporting(0.01, 0.6),
      'cpu-stock': reporting(0, 0),
    })
    expect(okCell(cell('wasm')).parity.firstDivergence).toEqual({
      layer: '3 avgPool2d',
      pass: 'backward',
      relative: expect.closeTo(0.2, 6),
    })
    expect(result.protocol.order.slice(-2)).toMatchObject([
      { backend: 'wasm', purpose: 'divergence' },
      { backend: 'cpu-stock', purpose: 'divergence' },
    ])
    expect(okCell(cell('cpu')).parity.firstDivergence).toBeUndefined()
  })
})
