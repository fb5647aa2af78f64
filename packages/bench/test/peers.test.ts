import { isInputError } from '@mnist-lab/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { measureCell, type MeasuredCell } from '../src/node/peers/turns.js'
import type { PeerRequest } from '../src/node/peers/messages.js'
import { parsePeersOptions, type PeersOptions } from '../src/node/peers/options.js'
import { type Peer, PeerError, type StartPeer } from '../src/node/peers/peer-process.js'
import { pairedRatio, peersCell, peersExitCode } from '../src/results/turns-result.js'
import { parseSetup } from '../src/node/peers/setup.js'
import { enginesText, peersTable } from '../src/present/peers-table.js'

const parse = (argv: readonly string[], env = {}) => parsePeersOptions(argv, env, { write() {} })

describe('options of bench:peers', () => {
  test('are LeNet-5 at batch 32, fused first, PyTorch beside it', () => {
    const options = parse([])!
    expect(options).toMatchObject({
      models: ['lenet5'],
      batches: [32],
      rounds: 20,
      seconds: 0.15,
      seed: 1,
      setupsByName: false,
    })
    expect(options.setups.map(({ name }) => name)).toEqual([
      'fused:1',
      'fused:2',
      'torch:1',
      'torch:2',
      'torch-nhwc:1',
      'torch-nhwc:2',
      'torch-compile:1',
      'torch-compile:2',
    ])
    expect(options).not.toHaveProperty('python')
  })

  test('take lists and a Python, from the flag before the variable', () => {
    const argv = [
      '--models=all',
      '--batches=1, 8',
      '--setups=wasm,torch:2',
      '--rounds=3',
      '--seconds=0.5',
      '--python=p',
      '--out=o',
    ]
    expect(parse(argv, { PYTHON: 'q' })).toEqual({
      models: ['lenet5', 'custom-mlp', 'lenet5-regularized'],
      batches: [1, 8],
      setupsByName: true,
      rounds: 3,
      seconds: 0.5,
      seed: 1,
      setups: [
        { name: 'wasm:1', engine: 'wasm', threads: 1 },
        { name: 'torch:2', engine: 'torch', threads: 2 },
      ],
      python: 'p',
      out: 'o',
    })
    expect(parse([], { PYTHON: 'q' })).toMatchObject({ python: 'q' })
  })

  test.each([
    [['--setups=torch9'], /backend torch9: unknown/],
    [['--setups=fused:0'], /set-up fused:0: expected an engine, or engine:threads/],
    [['--setups=fused:1:1'], /set-up fused:1:1/],
    [['--setups=fused,fused:1'], /fused:1 is there twice/],
    [['--setups='], /--setups: expected names/],
    [['--batches=8,none'], /--batches: expected a whole number/],
    [['--models=lenet'], /did you mean lenet5/],
    [['--quick'], /unknown option '--quick'; see bench:peers --help/],
  ])('%j are refused in one line that says why', (argv, message) => {
    let thrown: unknown
    try {
      parse(argv)
    } catch (error) {
      thrown = error
    }
    expect(isInputError(thrown)).toBe(true)
    expect((thrown as Error).message).toMatch(message)
    expect((thrown as Error).message).not.toContain('\n')
  })
})

const options: PeersOptions = {
  models: ['lenet5'],
  batches: [4],
  setups: ['fused:1', 'wasm:1', 'torch:1', 'torch-compile:1'].map(parseSetup),
  setupsByName: false,
  rounds: 5,
  seconds: 0.1,
  seed: 1,
}
const materials = {
  images: 'i',
  labels: 'l',
  weights: (model: string) => `${model}.w`,
  weightsOut: () => 'w',
  trainSamples: 10,
  testSamples: 10,
  async remove() {},
}

/**
 * Pretends to run processes; torch-compile does not start.
 *
 * @param burst of a set-up's name and how many it has had
 */
async function measure(
  burst: (name: string, nth: number) => number[],
  signal = new AbortController().signal,
) {
  const asked: string[] = []
  const requests: PeerRequest[] = []
  const stopped: string[] = []
  const startPeer: StartPeer = async ({ name }, threads): Promise<Peer> => {
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
      stop: () => stopped.push(name),
    }
  }
  const tools = { materials, startPeer, python: 'python3', signal, onProgress() {}, pauseMs: 0 }
  const outcome = await measureCell('custom-mlp', 4, options, tools).catch(
    (error: unknown) => error as Error,
  )
  return { outcome, asked, requests, stopped }
}

const cellOf = (outcome: MeasuredCell | Error) => {
  expect(outcome).not.toBeInstanceOf(Error)
  return outcome as MeasuredCell
}

describe('a cell in turns', () => {
  test('prepares all before the first turn, and gives each one turn a round in orders that the seed shuffles', async () => {
    const { outcome, asked, stopped } = await measure(() => [1])
    const { orders } = cellOf(outcome)
    expect(asked.slice(0, 3)).toEqual(['prepare fused:1', 'prepare wasm:1', 'prepare torch:1'])
    expect(orders).toHaveLength(5)
    for (const order of orders) expect(order.toSorted()).toEqual(['fused:1', 'torch:1', 'wasm:1'])
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(1)
    expect(asked.slice(6)).toEqual(orders.flat().map((name) => `burst ${name}`))
    expect(cellOf((await measure(() => [1])).outcome).orders).toEqual(orders)
    expect(stopped.toSorted()).toEqual(['fused:1', 'torch:1', 'wasm:1'])
  })

  test('throws the first round away and keeps all other samples', async () => {
    const { outcome } = await measure((_, nth) => [nth, nth + 0.5])
    expect(cellOf(outcome).peers.map(({ rounds }) => rounds)).toEqual(
      Array.from({ length: 3 }, () => [1, 2, 3, 4, 5].map((nth) => [nth, nth + 0.5])),
    )
  })

  test('says why a set-up was left out', async () => {
    const { outcome } = await measure(() => [1])
    expect(cellOf(outcome).skipped).toEqual([
      { setup: 'torch-compile:1', reason: 'no C++ compiler' },
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

  test('ends every process when one is lost, and names it', async () => {
    const { outcome, stopped } = await measure((name, nth) => {
      if (name === 'torch:1' && nth === 2) throw new PeerError('SIGSEGV')
      return [1]
    })
    expect(outcome).toBeInstanceOf(PeerError)
    expect((outcome as Error).message).toMatch(/torch:1 .*SIGSEGV/)
    expect(stopped.toSorted()).toEqual(['fused:1', 'torch:1', 'wasm:1'])
  })

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
  test('does not see what slows a whole round', () => {
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

  test("is the median of the rounds' ratios, inside an interval that is the seed's", () => {
    const interval = pairedRatio([2, 9, 4, 4, 5], [1, 3, 2, 1, 2], 7)
    expect(interval.ratio).toBe(2.5)
    expect(interval.low).toBeGreaterThanOrEqual(2)
    expect(interval.high).toBeLessThanOrEqual(4)
    expect(interval.low).toBeLessThan(interval.high)
    expect(pairedRatio([2, 9, 4, 4, 5], [1, 3, 2, 1, 2], 7)).toEqual(interval)
  })
})

describe('figures', () => {
  const cell = async (offset = 0) => {
    const { outcome } = await measure((name) => (name === 'fused:1' ? [2, 1, 3] : [4, 40]))
    const measured = cellOf(outcome)
    const peers = measured.peers.map((peer) =>
      peer.setup === 'torch:1' ? { ...peer, losses: [2.3, 2.2 + offset] } : peer,
    )
    return peersCell({ ...measured, peers }, 1)
  }

  test('are the median step, its ratio to the first set-up, and the difference of the losses', async () => {
    const { baseline, peers } = await cell(1e-6)
    expect(baseline).toBe('fused:1')
    expect(peers[0]).toMatchObject({
      setup: 'fused:1',
      steps: 15,
      medianMs: 2,
      parity: { maxLossDelta: 0, ok: true },
    })
    expect(peers[0]).not.toHaveProperty('versusBaseline')
    expect(peers[2]).toMatchObject({
      setup: 'torch:1',
      steps: 10,
      medianMs: 22,
      versusBaseline: { ratio: 11, low: 11, high: 11 },
    })
    expect(peers[2]!.parity.maxLossDelta).toBeCloseTo(1e-6, 9)
    expect(peersTable(await cell(1e-6))).toMatch(
      /^torch:1 +10 +22\.0 +11\.0 \[11\.0, 11\.0\] {2}✓ 1\.0e-6$/m,
    )
    expect(peersTable(await cell())).toMatch(/^torch-compile:1: skipped: no C\+\+ compiler$/m)
    expect(enginesText([await cell()])).toMatch(/^wasm:1: wasm 1, d$/m)
  })

  test('fail the program without parity, and where a named set-up did not run', async () => {
    expect(peersExitCode([await cell()], false)).toBe(0)
    expect(peersExitCode([await cell()], true)).toBe(2)
    expect(peersExitCode([await cell(0.01)], false)).toBe(1)
    expect(peersExitCode([await cell(NaN)], false)).toBe(1)
    expect(peersTable(await cell(0.01))).toMatch(/✗ 1\.0e-2$/m)
  })

  test('of nothing that ran are none, and no success', () => {
    const none = peersCell({ model: 'lenet5', batchSize: 4, peers: [], skipped: [], orders: [] }, 1)
    expect(none.peers).toEqual([])
    expect(peersExitCode([none], false)).toBe(2)
  })
})
