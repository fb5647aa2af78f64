import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareRepetitions, type Repetition } from '../src/index.js'

interface Recorded {
  readonly runs: readonly { readonly backend: string; readonly processes: readonly Repetition[] }[]
}
/** Its `how` says where it is from. */
const recorded = JSON.parse(
  await readFile(new URL('fixtures/recorded-noise.json', import.meta.url), 'utf8'),
) as Recorded

/** Park and Miller's generator: enough randomness for a test, and the same every time. */
function generator(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

const compare = (a: readonly Repetition[], b: readonly Repetition[], options = {}) =>
  compareRepetitions([{ a, b }], { random: generator(5), resamples: 200, ...options })[0]!

/** The number of processes that a benchmark starts by default. */
const PROCESSES = 8

/**
 * 40 pairs of runs, one straight after the other as they were recorded, with whatever the machine
 * did from one to the next.
 */
const pairs = recorded.runs.flatMap(({ processes }) =>
  Array.from({ length: 20 }, (_, i) => {
    const from = Math.round((i * (processes.length - 2 * PROCESSES)) / 19)
    return {
      a: processes.slice(from, from + PROCESSES),
      b: processes.slice(from + PROCESSES, from + 2 * PROCESSES),
    }
  }),
)

const slower = (side: readonly Repetition[], factor: number) =>
  side.map((one) => ({ ...one, medianMs: one.medianMs * factor }))
const quiet = (side: readonly Repetition[]) =>
  side.filter(({ disturbed }) => disturbed !== true).length

describe('on recorded noise', () => {
  test('40 comparisons without a true difference give fewer than 5% false alarms', () => {
    expect(pairs).toHaveLength(40)
    const alarms = pairs.filter(({ a, b }) => compare(a, b).verdict !== 'no difference shown')
    expect(alarms.length / pairs.length).toBeLessThan(0.05)
  })

  test('the false alarms are too many without the rule about disturbed processes', () => {
    const blind = (side: readonly Repetition[]) => side.map(({ medianMs }) => ({ medianMs }))
    const alarms = pairs.filter(
      ({ a, b }) => compare(blind(a), blind(b)).verdict !== 'no difference shown',
    )
    expect(alarms.length / pairs.length).toBeGreaterThan(0.05)
  })

  test('a slow-down of 10% is found wherever four undisturbed processes are left on both sides', () => {
    const able = pairs.filter(({ a, b }) => quiet(a) >= 4 && quiet(b) >= 4)
    expect(able.length).toBeGreaterThanOrEqual(6)
    const verdicts = able.map(({ a, b }) => compare(a, slower(b, 1.1)).verdict)
    expect(new Set(verdicts)).toEqual(new Set(['slower']))
    expect(new Set(able.map(({ a, b }) => compare(slower(a, 1.1), b).verdict))).toEqual(
      new Set(['faster']),
    )
  })

  test('there is no verdict if too few undisturbed processes are left', () => {
    const lost = pairs.filter(({ a, b }) => quiet(a) < 4 || quiet(b) < 4)
    expect(lost.length).toBeGreaterThan(5)
    for (const { a, b } of lost) {
      expect(compare(a, slower(b, 1.5))).toMatchObject({
        verdict: 'no difference shown',
        why: 'too few undisturbed processes to show a difference',
      })
    }
  })
})

/**
 * 40 pairs of runs as they would be on a quiet machine: undisturbed processes, drawn at random
 * without putting back.
 */
const quietPairs = recorded.runs.flatMap(({ processes }, run) => {
  const random = generator(17 + run)
  return Array.from({ length: 20 }, () => {
    const left = processes.filter(({ disturbed }) => disturbed !== true)
    const draw = () => left.splice(Math.floor(random() * left.length), 1)[0]!
    return {
      a: Array.from({ length: PROCESSES }, draw),
      b: Array.from({ length: PROCESSES }, draw),
    }
  })
})

describe('on recorded noise without other programs', () => {
  test('40 comparisons without a true difference give fewer than 5% false alarms', () => {
    const alarms = quietPairs.filter(({ a, b }) => compare(a, b).verdict !== 'no difference shown')
    expect(alarms.length / quietPairs.length).toBeLessThan(0.05)
  })

  test('a slow-down of 10% is found every time', () => {
    expect(new Set(quietPairs.map(({ a, b }) => compare(a, slower(b, 1.1)).verdict))).toEqual(
      new Set(['slower']),
    )
  })

  test('a slow-down of 1% never counts', () => {
    expect(
      quietPairs.filter(({ a, b }) => compare(a, slower(b, 1.01)).verdict === 'slower').length /
        quietPairs.length,
    ).toBeLessThan(0.05)
  })
})

const times = (values: readonly number[], yardstickMs?: number): Repetition[] =>
  values.map((medianMs) => ({ medianMs, yardstickMs }))
const base = [10, 10.1, 9.9, 10.05, 9.95, 10.02, 9.98, 10.07]

describe('a comparison', () => {
  test('of any run with itself shows no difference', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(values, (list) => {
        expect(compare(times(list), times(list)).verdict).toBe('no difference shown')
      }),
    )
  })

  test('is reversed when the two sides are swapped', () => {
    const opposite = {
      faster: 'slower',
      slower: 'faster',
      'no difference shown': 'no difference shown',
    } as const
    const values = fc.array(fc.integer({ min: 80, max: 120 }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [there, back] = [compare(times(a), times(b)), compare(times(b), times(a))]
        expect(back.verdict).toBe(opposite[there.verdict])
        expect(back.p).toBeCloseTo(there.p, 9)
      }),
      { numRuns: 50 },
    )
  })

  test('ignores a significant difference that is smaller than minEffect', () => {
    const b = times(base.map((ms) => ms * 1.025))
    expect(compare(times(base), b)).toMatchObject({
      verdict: 'no difference shown',
      why: 'smaller than 3%',
    })
    expect(compare(times(base), b, { minEffect: 0.02 }).verdict).toBe('slower')
  })

  test('attributes a slow-down to the machine if the yardstick is equally slower', () => {
    expect(
      compare(
        times(base, 0.5),
        times(
          base.map((ms) => ms * 1.1),
          0.55,
        ),
      ),
    ).toMatchObject({
      verdict: 'no difference shown',
      why: 'the machine itself differed as much',
      yardstick: expect.closeTo(1.1, 9),
    })
    expect(
      compare(
        times(base, 0.5),
        times(
          base.map((ms) => ms * 1.1),
          0.5,
        ),
      ).verdict,
    ).toBe('slower')
  })

  test('of few processes says that they are too few', () => {
    expect(compare(times([10, 10, 10]), times([20, 21, 22]))).toMatchObject({
      verdict: 'no difference shown',
      why: 'too few processes to show a difference',
    })
    expect(compare(times([10, 11, 12, 13]), times([20, 21, 22, 23])).verdict).toBe('slower')
  })

  test('has an interval around its ratio, of b to a', () => {
    const { ratio } = compare(times(base), times(base.map((ms) => ms * 2)))
    expect(ratio.ratio).toBeCloseTo(2, 9)
    expect(ratio.low).toBeGreaterThan(1.9)
    expect(ratio.high).toBeLessThan(2.1)
  })

  test('needs stronger evidence in a family of many comparisons', () => {
    const pair = { a: times([10, 11, 12, 13, 14]), b: times([15, 16, 17, 18, 19]) }
    const same = { a: times(base), b: times(base) }
    const verdicts = (others: number) =>
      compareRepetitions([pair, ...new Array<typeof same>(others).fill(same)], {
        random: generator(1),
        resamples: 50,
      })[0]!.verdict
    expect(verdicts(0)).toBe('slower')
    expect(verdicts(20)).toBe('no difference shown')
  })
})
