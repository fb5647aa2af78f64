import { benchResultSchema, type BenchCell } from '@mnist-lab/metrics'
import { benchTable } from '@mnist-lab/report'
import { describe, expect, test } from 'vitest'
import type { CellReport } from '../src/cell-report.js'
import { exitCode } from '../src/exit-code.js'
import type { BenchOptions } from '../src/options.js'
import { benchResult } from '../src/result.js'
import { runBench, type BenchProgress } from '../src/run-bench.js'
import { schedule } from '../src/schedule.js'
import { environment, fakeRunner, okReport, options } from './fixtures/reports.js'

type Reports = Readonly<Record<string, (repetition: number) => CellReport>>

/** @param abortAfter number of finished processes after which Ctrl-C comes */
async function bench(reports: Reports, change: Partial<BenchOptions> = {}, abortAfter = Infinity) {
  const asked = { ...options, ...change }
  const abort = new AbortController()
  const seen: BenchProgress[] = []
  const finished = await runBench(schedule(asked), {
    runCell: fakeRunner({ 'cpu-stock': cpu, ...reports }), signal: abort.signal,
    onProgress(progress) {
      seen.push(progress)
      if (progress.type === 'finished' && progress.runs.length === abortAfter) abort.abort()
    },
  })
  const result = benchResult(asked, finished, environment)
  const code = exitCode(result, asked.backendsByName)
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
    expect(step).toMatchObject({ n: 12, medianMs: 20, samplesPerRepetition: [4, 4, 4], minMs: 18, maxMs: 22 })
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

  test('writes JSON of the schema, in the table\'s order, with the processes as they ran', async () => {
    const { result } = await bench({ cpu, wasm })
    expect(benchResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
    expect(result.cells.map(({ backend }) => backend)).toEqual(['wasm', 'cpu'])
    expect(result.protocol.order).toHaveLength(7)
  })

  test('tells how many processes are left, before and after each', async () => {
    const { seen } = await bench({ cpu, wasm })
    expect(seen.map(({ type, left }) => `${type} ${left}`).slice(0, 4)).toEqual(['started 7', 'finished 6', 'started 6', 'finished 5'])
  })
})

describe('parity', () => {
  test('is taken from the worst repetition, and fails the bench beyond the tolerance', async () => {
    const { cell, code } = await bench({ cpu, wasm: (repetition) => okReport(20, repetition === 2 ? 0.01 : 1e-6) })
    const { parity } = okCell(cell('wasm'))
    expect(parity.maxLossDelta).toBeCloseTo(0.01, 9)
    expect(parity).toMatchObject({ reference: 'cpu-stock', steps: 3, maxWeightDelta: 0, ok: false })
    expect(code).toBe(1)
  })

  test.each([[['wasm']], [['wasm', 'cpu']]])('of %j comes from a reference run, which is no cell', async (backends) => {
    const { result, cell, code } = await bench({ cpu, wasm }, { backends })
    expect(result.cells.map(({ backend }) => backend)).toEqual(backends)
    expect(okCell(cell('wasm')).parity).toMatchObject({ reference: 'cpu-stock', ok: true })
    expect(result.protocol.order[0]).toMatchObject({ backend: 'cpu-stock', reference: true })
    expect(code).toBe(0)
  })

  test('of cpu is with upstream\'s kernels, which run once when they are a cell', async () => {
    const { result, cell, code } = await bench({ cpu: () => okReport(20, 0.01) }, { backends: ['cpu', 'cpu-stock'] })
    expect(okCell(cell('cpu')).parity).toMatchObject({ reference: 'cpu-stock', ok: false })
    expect(okCell(cell('cpu-stock')).parity).toMatchObject({ reference: 'cpu-stock', maxLossDelta: 0, ok: true })
    expect(result.protocol.order.some(({ reference }) => reference)).toBe(false)
    expect(code).toBe(1)
  })

  test('is not ok for a loss that is no number', async () => {
    const { cell } = await bench({ cpu, wasm: () => okReport(20, NaN) })
    expect(okCell(cell('wasm')).parity).toMatchObject({ maxLossDelta: Number.MAX_VALUE, ok: false })
  })

  test('missing leaves no speed in the table', async () => {
    const failed = (): CellReport => ({ status: 'failed', reason: 'out of memory' })
    const { result, cell, code } = await bench({ 'cpu-stock': failed, cpu, wasm })
    expect(cell('wasm')).toMatchObject({ status: 'failed', reason: expect.stringContaining('out of memory') })
    expect(benchTable(result)).not.toContain('20.0')
    expect(code).toBe(1)
  })
})

describe('a backend that does not run', () => {
  const unavailable = (): CellReport => ({ status: 'unavailable', reason: 'no WebAssembly', remedy: 'use cpu' })

  test('is a row with its reason, tried once, and fine when nobody asked for it by name', async () => {
    const { result, cell, code } = await bench({ cpu, wasm: unavailable })
    expect(cell('wasm')).toEqual({
      backend: 'wasm', model: 'lenet5', batchSize: 32, status: 'unavailable', reason: 'no WebAssembly', remedy: 'use cpu',
    })
    expect(result.protocol.order.filter(({ backend }) => backend === 'wasm')).toHaveLength(1)
    expect(result.status).toBe('completed')
    expect(code).toBe(0)
  })

  test('ends in code 2 when it was asked for by name', async () => {
    expect((await bench({ cpu, wasm: unavailable }, { backendsByName: true })).code).toBe(2)
  })

  test('is failed, not measured, when one repetition of several crashes', async () => {
    const crash = (repetition: number): CellReport => (repetition === 2 ? { status: 'failed', reason: 'SIGSEGV' } : okReport(20))
    const { cell, code } = await bench({ cpu, wasm: crash })
    expect(cell('wasm')).toMatchObject({ status: 'failed', reason: 'SIGSEGV' })
    expect(okCell(cell('cpu')).step.n).toBe(12)
    expect(code).toBe(1)
  })
})

describe('an interrupted bench', () => {
  test('keeps what had finished and says that it is not all', async () => {
    const { result, code } = await bench({ cpu, wasm }, {}, 5)
    const repetitions = result.cells.map((cell) => okCell(cell).step.samplesPerRepetition.length)
    expect(repetitions.reduce((a, b) => a + b)).toBe(4)
    expect(result.status).toBe('interrupted')
    expect(code).toBe(130)
  })

  test('has no speed without its reference', () => {
    const request = schedule(options).find(({ backend }) => backend === 'wasm')!
    const result = benchResult(options, { runs: [{ request, report: wasm() }], interrupted: true }, environment)
    expect(result.cells).toMatchObject([{ status: 'failed', reason: expect.stringContaining('had not run yet') }])
  })
})
