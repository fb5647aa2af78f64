// Result files of earlier versions, which every later version must read.
import { readFileSync } from 'node:fs'
import { createStream, permutation } from '@mnist-lab/core'
import { describe, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { compareAndPrint } from '../src/node/compare-files.js'
import { readBenchFile } from '../src/node/result-files.js'
import { benchDocument } from '../src/present/document.js'
import { benchTable } from '../src/present/result-table.js'
import { DEFAULT_PLAN } from '../src/protocol/plan.js'
import { BITS_BACKENDS } from '../src/protocol/protocol.js'
import { schedule } from '../src/protocol/schedule.js'
import { withRatios } from '../src/results/ratios.js'
import { type MeasuredEngine, turnsCells } from '../src/results/turns-result.js'
import { parseBenchResult } from '../src/results/upgrade.js'

const path = (name: string) =>
  fileURLToPath(new URL(`../../../tests/golden/${name}`, import.meta.url))
const json = (name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as never

interface OldCell {
  readonly backend: string
  readonly status: string
  readonly step: { readonly medianMs: number; readonly samplesMs: readonly number[] }
  readonly versusBaseline?: { readonly ratio: number }
}

describe('a result of version 2', () => {
  const old = json('bench-v2.json') as { cells: OldCell[]; protocol: object }

  test('is read as one of fresh processes, with every figure unchanged', async () => {
    const result = await readBenchFile(path('bench-v2.json'))
    expect(result).toMatchObject({
      schema: 'mnist-lab/bench@3',
      protocol: { ...old.protocol, mode: 'fresh' },
      cells: old.cells,
    })
    expect(result.cells).toHaveLength(old.cells.length)
    expect(benchTable(result)).toMatch(/^fused +lenet5 +32 +0\.979 .* \? 21\.7 {2}✓ loss/m)
  })

  test('gets hints in place of remedies, and the current name of PyTorch', () => {
    const absent = {
      backend: 'pytorch',
      model: 'lenet5',
      batchSize: 32,
      status: 'unavailable',
      reason: 'no torch',
      remedy: 'install it',
    }
    const parsed = parseBenchResult({ ...old, cells: [absent] })
    expect(parsed).toMatchObject({
      ok: true,
      result: { cells: [{ backend: 'torch', reason: 'no torch', hint: 'install it' }] },
    })
  })

  test('can be compared and reported', async () => {
    const result = await readBenchFile(path('bench-v2.json'))
    let text = ''
    const terminal = {
      out: { write: (part: string) => (text += part) },
      err: { write() {} },
      signal: new AbortController().signal,
    }
    const options = {
      alpha: 0.05,
      minEffect: 0.03,
      seed: 1,
      allowOtherMachine: false,
      failIfSlower: 0.05,
      markdown: undefined,
    }
    const file = { file: 'old.json', result }
    expect(await compareAndPrint(file, file, options, terminal)).toBe(0)
    expect(text).toMatch(/^fused lenet5, batch 32 +0\.979 +0\.979 +1\.000/m)
    expect(benchDocument([{ name: 'old', result }]).blocks.length).toBeGreaterThan(10)
  })

  test('that was changed by hand is refused with the path of the wrong field', () => {
    expect(parseBenchResult({ ...old, cells: [{ ...old.cells[0], step: 1 }] })).toMatchObject({
      ok: false,
      what: expect.stringMatching(/^cells\.0\.step: /) as string,
    })
    expect(parseBenchResult({ ...old, cells: 1 })).toMatchObject({
      ok: false,
      what: expect.stringMatching(/^cells: /) as string,
    })
  })
})

describe('a result of bench:peers, version 1', () => {
  interface OldEngine {
    readonly setup: string
    readonly losses: readonly number[]
    readonly rounds: readonly (readonly number[])[]
    readonly medianMs: number
    readonly versusBaseline?: {
      readonly ratio: number
      readonly low: number
      readonly high: number
    }
  }
  const old = json('bench-peers-v1.json') as {
    cells: { peers: OldEngine[]; orders: string[][] }[]
    environment: object
  }
  const engines = old.cells.flatMap(({ peers }) => peers)

  test('is read as one in turns, with every sample and figure unchanged', async () => {
    const result = await readBenchFile(path('bench-peers-v1.json'))
    expect(result.environment).toEqual(old.environment)
    expect(result.protocol).toMatchObject({ mode: 'turns', baseline: 'fused:1', repetitions: 3 })
    expect(
      result.protocol.order.map(({ backend, askedThreads }) => `${backend}:${askedThreads}`),
    ).toEqual(old.cells.flatMap(({ orders }) => orders.flat()))
    expect(result.cells).toMatchObject(
      engines.map(({ rounds, losses, medianMs }) => ({
        status: 'ok',
        step: {
          medianMs,
          samplesMs: rounds.flat(),
          samplesPerRepetition: rounds.map(({ length }) => length),
        },
        parity: { reference: 'fused:1', losses, ok: true },
      })),
    )
  })

  test('gets ratios of speeds in place of ratios of times', async () => {
    const { cells } = await readBenchFile(path('bench-peers-v1.json'))
    for (const [at, cell] of cells.entries()) {
      const before = engines[at]!.versusBaseline
      const after = cell.status === 'ok' ? cell.versusBaseline : undefined
      expect(after === undefined).toBe(before === undefined)
      if (before === undefined || after === undefined) continue
      expect(after.ratio * before.ratio).toBeCloseTo(1, 12)
      expect(after.low * before.high).toBeCloseTo(1, 12)
      expect(after.high * before.low).toBeCloseTo(1, 12)
    }
  })

  test('can be reported, but not compared', async () => {
    const result = await readBenchFile(path('bench-peers-v1.json'))
    expect(benchTable(result)).toMatch(/^fused:2 +lenet5 +32 +0\.491 /m)
    expect(benchDocument([{ name: 'old', result }]).blocks.length).toBeGreaterThan(10)
    const options = {
      alpha: 0.05,
      minEffect: 0.03,
      seed: 1,
      allowOtherMachine: false,
      failIfSlower: undefined,
      markdown: undefined,
    }
    const file = { file: 'old.json', result }
    const quiet = { write() {} }
    const terminal = { out: quiet, err: quiet, signal: new AbortController().signal }
    await expect(compareAndPrint(file, file, options, terminal)).rejects.toThrow(
      /^old\.json: it was measured in turns/,
    )
  })
})

describe('the same seed gives the same', () => {
  test('order of processes as in version 2', async () => {
    const { protocol } = await readBenchFile(path('bench-v2.json'))
    const plan = {
      ...DEFAULT_PLAN,
      engines: ['fused', 'wasm', 'cpu'],
      batchSizes: [8, 32],
      repetitions: 2,
      toAccuracy: 0.9,
      seeds: 1,
    }
    const names = (all: readonly { backend: string; batchSize: number; purpose: string }[]) =>
      all.map(({ backend, batchSize, purpose }) => `${purpose} ${backend} ${batchSize}`)
    // Version 2 had no processes that bits are compared with.
    const bits = Object.values(BITS_BACKENDS).map((backend) => `reference ${backend} `)
    const expected = names(schedule(plan)).filter(
      (name) => !bits.some((reference) => name.startsWith(reference)),
    )
    expect(names(protocol.order).slice(0, expected.length)).toEqual(expected)
  })

  test('ratios and intervals of fresh processes as in version 2', async () => {
    const { cells, protocol } = await readBenchFile(path('bench-v2.json'))
    const bare = cells.map((cell) => {
      if (cell.status !== 'ok') return cell
      const { versusBaseline: _, ...rest } = cell
      return rest
    })
    const again = withRatios(bare, protocol.baseline, {
      seed: protocol.seed,
      comparison: protocol.comparison!,
    })
    expect(again).toEqual(cells)
  })

  test('turns, and ratios and intervals of turns, as in bench:peers', async () => {
    const [{ model, batchSize, peers, orders }] = (
      json('bench-peers-v1.json') as {
        cells: [
          {
            model: string
            batchSize: number
            peers: (MeasuredEngine & { setup: string })[]
            orders: string[][]
          },
        ]
      }
    ).cells
    for (const [at, order] of orders.entries()) {
      const turns = permutation(createStream(1, 'bench', at + 1), 3)
      expect(Array.from(turns, (nth) => peers[nth]!.setup)).toEqual(order)
    }
    const engines = peers.map(({ setup: engine, ...peer }) => ({ ...peer, engine }))
    const group = { model, batchSize, engines, orders, skipped: [], failed: [] }
    const options = { seed: 1, baseline: 'fused:1', trainSamples: 60_000 }
    const { cells } = await readBenchFile(path('bench-peers-v1.json'))
    expect(
      turnsCells([group], options).map((cell) => cell.status === 'ok' && cell.versusBaseline),
    ).toEqual(cells.map((cell) => cell.status === 'ok' && cell.versusBaseline))
  })
})
