import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../src/node/bench-command.js'
import { knownPeer } from '../src/node/peers/commands.js'
import type { PeerRequest } from '../src/node/peers/messages.js'
import { PeerError, type PeerProcess, type StartPeer } from '../src/node/peers/peer-process.js'
import { measureTurns } from '../src/node/peers/turns.js'
import { benchTable } from '../src/present/result-table.js'
import { type BenchPlan, DEFAULT_PLAN } from '../src/protocol/plan.js'
import { inverted, pairedRatio } from '../src/results/ratios.js'
import { benchResultSchema } from '../src/results/result-schema.js'
import { type TurnsGroup, turnsResult } from '../src/results/turns-result.js'
import { environment } from './fixtures/reports.js'

const plan: BenchPlan = {
  ...DEFAULT_PLAN,
  mode: 'turns',
  engines: ['fused:1', 'wasm:1', 'torch:1', 'torch-compile:1'],
  peers: [knownPeer('torch', 'python3')!, knownPeer('torch-compile', 'python3')!],
  models: ['custom-mlp'],
  batchSizes: [4],
  repetitions: 5,
  budget: { seconds: 0.1, minSteps: 5 },
}
const samples = { trainSamples: 10, testSamples: 10 }
const inputs = {
  images: 'i',
  labels: 'l',
  weights: (model: string) => `${model}.w`,
  weightsOut: () => 'w',
  samples,
  async remove() {},
}

/**
 * Pretends to run processes; torch-compile does not start.
 *
 * @param burst the samples for an engine's name and how many turns it has had
 */
async function measure(
  burst: (name: string, nth: number) => number[],
  signal = new AbortController().signal,
) {
  const asked: string[] = []
  const requests: PeerRequest[] = []
  const stopped: string[] = []
  const startPeer: StartPeer = async ({ name }, threads): Promise<PeerProcess> => {
    if (name === 'torch-compile:1') throw new PeerError('no C++ compiler')
    let bursts = 0
    return {
      name,
      info: { versions: { [name.split(':')[0]!]: '1' }, threads: threads!, details: 'd' },
      async ask(request, answer) {
        asked.push(`${request.type} ${name}`)
        requests.push(request)
        const said =
          answer === 'ready'
            ? { type: answer, losses: [2.3, 2.2] }
            : { type: answer, samplesMs: burst(name, bursts++) }
        return said as never
      },
      async assertQuiet() {},
      stop: () => stopped.push(name),
    }
  }
  const tools = { inputs, startPeer, signal, onProgress() {}, pauseMs: 0 }
  const outcome = await measureTurns('custom-mlp', 4, plan, tools).catch(
    (error: unknown) => error as Error,
  )
  return { outcome, asked, requests, stopped }
}

const groupOf = (outcome: TurnsGroup | Error) => {
  expect(outcome).not.toBeInstanceOf(Error)
  return outcome as TurnsGroup
}

describe('engines in turns', () => {
  test('prepares all engines first, then gives each one turn per round in an order that the seed shuffles', async () => {
    const { outcome, asked, stopped } = await measure(() => [1])
    const { orders } = groupOf(outcome)
    expect(asked.slice(0, 3)).toEqual(['prepare fused:1', 'prepare wasm:1', 'prepare torch:1'])
    expect(orders).toHaveLength(5)
    for (const order of orders) expect(order.toSorted()).toEqual(['fused:1', 'torch:1', 'wasm:1'])
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(1)
    expect(asked.slice(6)).toEqual(orders.flat().map((name) => `burst ${name}`))
    expect(groupOf((await measure(() => [1])).outcome).orders).toEqual(orders)
    expect(stopped.toSorted()).toEqual(['fused:1', 'torch:1', 'wasm:1'])
  })

  test('discards the first round and keeps all other samples', async () => {
    const { outcome } = await measure((_, nth) => [nth, nth + 0.5])
    expect(groupOf(outcome).engines.map(({ rounds }) => rounds)).toEqual(
      Array.from({ length: 3 }, () => [1, 2, 3, 4, 5].map((nth) => [nth, nth + 0.5])),
    )
  })

  test('says why an engine was left out', async () => {
    const { outcome } = await measure(() => [1])
    expect(groupOf(outcome).skipped).toEqual([
      {
        engine: 'torch-compile:1',
        reason: 'no C++ compiler',
        hint: expect.stringMatching(
          /^it was started as python3 .*peer\.py torch-compile$/,
        ) as string,
      },
    ])
  })

  test('compares losses without dropout, and times with it', async () => {
    const { requests } = await measure(() => [1])
    const kinds = (at: 'spec' | 'paritySpec') =>
      (requests[0] as PeerRequest & { type: 'prepare' })[at].layers.map(({ type }) => type)
    expect(kinds('spec').slice(0, 4)).toEqual(['flatten', 'dense', 'dropout', 'relu'])
    expect(kinds('paritySpec').slice(0, 4)).toEqual(['flatten', 'dense', 'relu', 'dense'])
    expect(kinds('paritySpec')).toHaveLength(kinds('spec').length - 7)
  })

  test.each(['torch:1', 'fused:1'])(
    'go on when the process of %s has ended, and every process is ended',
    async (lost) => {
      const { outcome, stopped } = await measure((name, nth) => {
        if (name === lost && nth === 2) throw new PeerError('SIGSEGV')
        return [1]
      })
      const group = groupOf(outcome)
      expect(group.failed).toEqual([
        { engine: lost, reason: 'it was lost in round 2 of 5: SIGSEGV' },
      ])
      const others = ['fused:1', 'wasm:1', 'torch:1'].filter((name) => name !== lost)
      expect(group.engines.map(({ engine, rounds }) => [engine, rounds.length])).toEqual(
        others.map((name) => [name, 5]),
      )
      expect(new Set(stopped)).toEqual(new Set(['fused:1', 'torch:1', 'wasm:1']))
      const found = turnsResult(plan, [group], environment, { ...samples, interrupted: false })
      expect(found.cells.map(({ status }) => status)).toEqual(['ok', 'ok', 'unavailable', 'failed'])
      for (const cell of found.cells)
        if (cell.status === 'ok')
          for (const { order } of cell.repetitions)
            expect(found.protocol.order[order]).toMatchObject({ backend: cell.backend })
      expect(exitCode(found, { named: [] })).toBe(1)
    },
  )

  test("ends every process on an abort, with the abort's reason", async () => {
    const abort = new AbortController()
    const { outcome, stopped } = await measure((_, nth) => {
      if (nth === 2) abort.abort()
      return [1]
    }, abort.signal)
    expect(outcome).toBe(abort.signal.reason)
    expect(stopped).toHaveLength(3)
  })
})

describe('the paired ratio', () => {
  test('does not depend on what slows a whole round', () => {
    const slow = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(slow, (factors) => {
        const { ratio, low, high } = pairedRatio(
          factors.map((factor) => 3 * factor),
          factors.map((factor) => 2 * factor),
          1,
        )
        for (const value of [ratio, low, high]) expect(value).toBeCloseTo(1.5, 9)
      }),
      { numRuns: 20 },
    )
  })

  test('becomes a ratio of speeds, with its interval', () => {
    const times = { ratio: 2, low: 1.6, high: 4, confidence: 0.95, resamples: 1000 }
    expect(inverted(times)).toEqual({ ...times, ratio: 0.5, low: 0.25, high: 0.625 })
  })

  test("is the median of the rounds' ratios, inside an interval that depends on the seed", () => {
    const interval = pairedRatio([2, 9, 4, 4, 5], [1, 3, 2, 1, 2], 7)
    expect(interval.ratio).toBe(2.5)
    expect(interval.low).toBeGreaterThanOrEqual(2)
    expect(interval.high).toBeLessThanOrEqual(4)
    expect(interval.low).toBeLessThan(interval.high)
    expect(pairedRatio([2, 9, 4, 4, 5], [1, 3, 2, 1, 2], 7)).toEqual(interval)
  })
})

describe('the result of turns', () => {
  const result = async (
    offset = 0,
    change: (group: TurnsGroup) => TurnsGroup = (group) => group,
  ) => {
    const { outcome } = await measure((name) => (name === 'fused:1' ? [2, 1, 3] : [4, 40]))
    const group = groupOf(outcome)
    const engines = group.engines.map((one) =>
      one.engine === 'torch:1' ? { ...one, losses: [2.3, 2.2 + offset] } : one,
    )
    return turnsResult(plan, [change({ ...group, engines })], environment, {
      ...samples,
      interrupted: false,
    })
  }
  const row = (text: string, engine: string) =>
    text.split('\n').find((line) => line.startsWith(`${engine} `))

  test('has the median step, its ratio to the first engine, and the difference of the losses', async () => {
    const found = await result(1e-6)
    expect(benchResultSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found)
    expect(found.protocol).toMatchObject({ mode: 'turns', baseline: 'fused:1', repetitions: 5 })
    const [fused, , torch] = found.cells
    expect(fused).toMatchObject({
      backend: 'fused',
      askedThreads: 1,
      step: { n: 15, medianMs: 2 },
      parity: { reference: 'fused:1', maxLossDelta: 0, ok: true },
    })
    expect(fused).not.toHaveProperty('versusBaseline')
    expect(torch).toMatchObject({
      backend: 'torch',
      askedThreads: 1,
      step: { n: 10, medianMs: 22 },
      // Eleven times as slow.
      versusBaseline: { ratio: 1 / 11, low: 1 / 11, high: 1 / 11 },
    })
    expect(torch!.status === 'ok' && torch!.parity.maxLossDelta).toBeCloseTo(1e-6, 9)
    const text = benchTable(found)
    expect(row(text, 'torch:1')).toMatch(/22\.0 .* 0\.0909 \[0\.0909, 0\.0909\] {2}✓ loss 1\.0e-6$/)
    expect(row(text, 'torch-compile:1')).toMatch(/unavailable: no C\+\+ compiler/)
    expect(text).toMatch(/^wasm:1, torch:1: d$|^fused:1, wasm:1, torch:1: d$/m)
  })

  test('has all turns in order, and the index of each repetition in them', async () => {
    const found = await result()
    expect(found.protocol.order).toHaveLength(15)
    for (const cell of found.cells) {
      if (cell.status !== 'ok') continue
      for (const [round, { order }] of cell.repetitions.entries())
        expect(found.protocol.order[order]).toMatchObject({
          backend: cell.backend,
          repetition: round + 1,
        })
    }
  })

  test('fails the program without parity, and if a named engine did not run', async () => {
    expect(exitCode(await result(), { named: [] })).toBe(0)
    expect(exitCode(await result(), { named: plan.engines })).toBe(2)
    expect(exitCode(await result(0.01), { named: [] })).toBe(1)
    expect(exitCode(await result(NaN), { named: [] })).toBe(1)
    expect(row(benchTable(await result(0.01)), 'torch:1')).toMatch(/✗ loss 1\.0e-2$/)
  })

  test('is a failure if no engine ran', async () => {
    const none = await result(0, (group) => ({ ...group, engines: [], orders: [] }))
    expect(none.cells.map(({ status }) => status)).toEqual(['unavailable'])
    expect(exitCode(none, { named: [] })).toBe(2)
  })

  test('compares with the first engine that ran, and says so', async () => {
    const { cells } = await result(0, (group) => ({
      ...group,
      engines: group.engines.slice(1),
    }))
    expect(cells[0]).not.toHaveProperty('versusBaseline')
    expect(cells[1]).toMatchObject({ versusBaseline: { ratio: 1, baseline: 'wasm:1' } })
  })
})
