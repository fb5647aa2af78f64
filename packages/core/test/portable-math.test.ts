// These tests check that the functions have the same bits everywhere, that they are those of V8,
// and that their errors are below one unit in the last place. The last is checked with whole
// numbers of 300 bits.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createStream } from '../src/index.js'
import { portableCos, portableExp, portableLog, portablePower } from '../src/portable-math.js'

/** Returns 64-bit words, the same ones for the same index. */
function randomWords(count: number, index: number): Uint32Array {
  const words = new Uint32Array(2 * count)
  createStream(1, 'order', index).fill(words)
  return words
}

/** Returns numbers whose bits are random, so that they have every size. */
const ofEverySize = (count: number): number[] => [
  ...new Float64Array(randomWords(count, 1).buffer).map((x) => (Number.isNaN(x) ? 1 : x)),
]

/** Returns random numbers between two bounds. */
function between(count: number, low: number, high: number): number[] {
  const words = randomWords(count, 2)
  return Array.from(
    { length: count },
    (_, i) =>
      low + ((high - low) * (words[2 * i]! * 2 ** 21 + (words[2 * i + 1]! >>> 11))) / 2 ** 53,
  )
}

/** Returns numbers that come close to a given one, in steps of its last bits and of all sizes. */
const around = (x: number): number[] =>
  Array.from({ length: 60 }, (_, i) => [x + 2 ** -i, x - 2 ** -i, x * (1 - i * 2 ** -53)]).flat()

const EDGES = [
  0,
  -0,
  1,
  -1,
  2,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  Number.EPSILON,
  2 ** -1022,
  2 ** -1023,
  2 ** 65,
  2 ** -65,
  2 ** 1023 * 1.5,
  Math.E,
  Math.SQRT2,
  Math.LN2,
  // The ends of the range of exp.
  709.782712893384,
  709.7827128933841,
  -708.3964185322641,
  -744.9,
  -745.1332191019411,
  -745.1332191019412,
  // Where exp begins to take multiples of log 2 away.
  0.34657359027997264,
  1.0397207708399179,
  2 ** -28,
  2 ** -29,
]

const LOGS = [
  ...EDGES,
  ...ofEverySize(20_000),
  ...between(20_000, 0, 300),
  ...between(20_000, 0.5, 2),
  ...around(1),
  ...around(Math.SQRT2),
]
const EXPS = [
  ...EDGES,
  ...ofEverySize(20_000),
  ...between(20_000, -750, 710),
  ...between(20_000, -50, 1),
  ...around(0),
  ...around(1),
]
const COSINES = [
  0,
  -0,
  Number.MIN_VALUE,
  ...between(40_000, -Math.PI, Math.PI),
  ...[0, Math.PI / 4, Math.PI / 2, (3 * Math.PI) / 4, Math.PI].flatMap(around),
].filter((x) => Math.abs(x) <= Math.PI)
const POWERS = Array.from({ length: 400 }, (_, i) => 0.0025 * (i + 1)).flatMap((x) =>
  [0, 1, 2, 3, 7, 10, 49, 100].map((n) => [x, n] as const),
)

const hashOf = (values: readonly number[]): string =>
  createHash('sha256')
    .update(new Uint8Array(Float64Array.from(values).buffer))
    .digest('hex')

describe('the bits are those that were recorded, in whatever engine these tests run', () => {
  test.each<[string, readonly number[], string]>([
    [
      'log',
      LOGS.map(portableLog),
      '78f3adaf8725aa9aec6387bcd992a0d856be7742a8117ea58724a2aa7799a0a9',
    ],
    [
      'exp',
      EXPS.map(portableExp),
      '0056d8f1d7f8d5571344c278f86d79d07388fb024150fe502c46635751b7703e',
    ],
    [
      'cos',
      COSINES.map(portableCos),
      '9747bc1544f7baaab1ae9a1befbc1f18f42add8ab7ee0951fdb2e2ecafc904af',
    ],
    [
      'power',
      POWERS.map(([x, n]) => portablePower(x, n)),
      '1d2ffe65eb5e553503f39196a4689882495988451b27ee77929ee2cc3f668eda',
    ],
  ])('of %s', (_name, values, hash) => {
    expect(hashOf(values)).toBe(hash)
  })
})

describe('V8 computes the same bits', () => {
  // Its cosine depends on how it was built.
  test.each<[string, readonly number[], (x: number) => number, (x: number) => number]>([
    ['log', LOGS, portableLog, Math.log],
    ['exp', EXPS, portableExp, Math.exp],
  ])('for %s', (_name, inputs, ours, theirs) => {
    expect(inputs.filter((x) => !Object.is(ours(x), theirs(x)))).toEqual([])
  })
})

/** Numbers are whole multiples of 2⁻³⁰⁰ here. */
const BITS = 300n
const UNIT = 1n << BITS

/** Returns a number of at least 2⁻²⁴⁰ exactly. */
function wide(x: number): bigint {
  const [word] = new BigInt64Array(Float64Array.of(x).buffer)
  const exponent = (word! >> 52n) & 2047n
  const fraction = (word! & ((1n << 52n) - 1n)) | (1n << 52n)
  const shift = exponent - 1075n + BITS
  const size = shift >= 0n ? fraction << shift : fraction >> -shift
  return x === 0 ? 0n : x < 0 ? -size : size
}

/** Sums a series until its terms vanish. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n
  for (let term = first, n = 1n; term !== 0n; term = next(term, n++)) sum += term
  return sum
}

const wideExp = (x: bigint): bigint => series(UNIT, (term, n) => ((term * x) >> BITS) / n)
const wideCos = (x: bigint): bigint =>
  series(UNIT, (term, n) => -(((((term * x) >> BITS) * x) >> BITS) / ((2n * n - 1n) * 2n * n)))
/** 2 · artanh((x − 1) / (x + 1)), for x near 1. */
function wideLog(x: bigint): bigint {
  const t = ((x - UNIT) << BITS) / (x + UNIT)
  let sum = 0n
  for (let power = t, n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n
    power = (((power * t) >> BITS) * t) >> BITS
  }
  return 2n * sum
}

/** Returns the distance of a number from an exact value, in units of the number's last place. */
function distance(x: number, exact: bigint): number {
  const place = wide(2 ** (Math.floor(Math.log2(Math.abs(x))) - 52))
  const apart = wide(x) - exact
  return Number(((apart < 0n ? -apart : apart) * 1000n) / place) / 1000
}

describe('the error is below one unit in the last place', () => {
  test('of log', () => {
    for (const x of [...between(300, 0.5, 2), ...around(1)].filter((x) => x > 0.4 && x !== 1))
      expect(distance(portableLog(x), wideLog(wide(x))), String(x)).toBeLessThan(1)
  })

  test('of exp', () => {
    for (const x of [...between(300, -20, 1), ...around(0)])
      expect(distance(portableExp(x), wideExp(wide(x))), String(x)).toBeLessThan(1)
  })

  test('of cos', () => {
    for (const x of COSINES.slice(0, 300).concat(COSINES.slice(-700)))
      expect(distance(portableCos(x), wideCos(wide(x))), String(x)).toBeLessThan(1)
  })

  test('of a power, which is nearly always the nearest number', () => {
    let nearest = 0
    for (const [x, n] of POWERS) {
      if (n > 10) continue
      let exact = UNIT
      for (let i = 0; i < n; i++) exact = (exact * wide(x)) >> BITS
      const off = distance(portablePower(x, n), exact)
      expect(off, `${x} to the power of ${n}`).toBeLessThan(1)
      if (off <= 0.5) nearest += 1
    }
    expect(nearest).toBe(POWERS.filter(([, n]) => n <= 10).length)
  })
})

test('powers of zero, of negative and of large numbers are what one expects', () => {
  expect(portablePower(0, 0)).toBe(1)
  expect(portablePower(0, 3)).toBe(0)
  expect(portablePower(-2, 3)).toBe(-8)
  expect(portablePower(1, Number.MAX_SAFE_INTEGER)).toBe(1)
  expect(portablePower(0.5, Number.MAX_SAFE_INTEGER)).toBe(0)
  expect(portablePower(1e300, 2)).toBe(Number.POSITIVE_INFINITY)
  expect(portablePower(1e200, 1)).toBe(1e200)
})

test('an argument that the functions do not have is refused', () => {
  expect(() => portableCos(3.2)).toThrow('cos: expected −π to π, got 3.2')
  expect(() => portableCos(Number.NaN)).toThrow(RangeError)
  expect(() => portablePower(2, 0.5)).toThrow('power: expected a whole exponent from 0 on, got 0.5')
  expect(() => portablePower(2, -1)).toThrow(RangeError)
})
