// Functions of mathematics with the same bits in every JavaScript engine. The language leaves the
// last bits of Math.log, Math.exp, Math.cos and ** to the engine, and engines differ. These
// functions use only what IEEE 754 determines: sums, differences, products, quotients and whole
// numbers.
//
// Log, exp and cos follow the methods of Sun Microsystems' fdlibm, whose coefficients they have:
// e_log.c, e_exp.c, e_rem_pio2.c, k_cos.c and k_sin.c. V8 follows the same methods.

const number = new Float64Array(1)
const words = new Int32Array(number.buffer)
/** The index of the word with the sign, the exponent and the first 20 bits of the fraction. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0
const LOW = 1 - HIGH

/** The bits of a high word that hold the fraction, and the exponent of numbers from 1 to 2. */
const FRACTION = 0xfffff
const ONE = 0x3ff00000
const EXPONENT_OF_ONE = 1023

/** The logarithm of 2 in two parts. The first ends in 32 zero bits, so its multiples are exact. */
const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10

/**
 * The powers 2⁶⁴ to 2⁻⁶⁴. Numbers of usual size are scaled with them, because reading a number
 * after writing its words one by one takes processors several times as long.
 */
const POWERS = new Float64Array(129)
const MOST_POWER = 64
for (let i = 0, power = 18446744073709551616; i < POWERS.length; i++, power /= 2) POWERS[i] = power

function highWord(x: number): number {
  number[0] = x
  return words[HIGH]!
}

/** Returns 2ᵏ, for k from −1022 to 1023. */
function powerOfTwo(k: number): number {
  words[HIGH] = (k + EXPONENT_OF_ONE) << 20
  words[LOW] = 0
  return number[0]!
}

/**
 * Returns the natural logarithm, with an error of less than one unit in the last place.
 *
 * The argument is 2ᵏ · (1 + f), where 1 + f lies between √½ and √2. With s = f / (2 + f),
 * log(1 + f) is 2s plus an odd polynomial in s.
 */
export function portableLog(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) {
    if (x === 0) return Number.NEGATIVE_INFINITY
    return x > 0 ? x : Number.NaN
  }
  const isSubnormal = x < 2.2250738585072014e-308
  const high = highWord(isSubnormal ? x * 18014398509481984 : x)
  const fraction = high & FRACTION
  // 1 if the fraction is that of a number above √2, which is halved.
  const halved = (fraction + 0x95f64) >> 20
  const exponent = (high >> 20) - EXPONENT_OF_ONE + halved
  const k = isSubnormal ? exponent - 54 : exponent
  words[HIGH] = fraction | (ONE - (halved << 20))
  const f = (k <= MOST_POWER && k >= -MOST_POWER ? x * POWERS[k + MOST_POWER]! : number[0]!) - 1
  if (Math.abs(f) < 9.5367431640625e-7) {
    const square = f * f * (0.5 - 0.3333333333333333 * f)
    return k === 0 ? f - square : k * LN2_HIGH - (square - k * LN2_LOW - f)
  }
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even =
    w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1))
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)))
  const rest = odd + even
  // The fractions from 0.38 to 0.42, in their first bits. For them f itself is exact enough.
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) > 0) {
    const half = 0.5 * f * f
    return k === 0
      ? f - (half - s * (half + rest))
      : k * LN2_HIGH - (half - (s * (half + rest) + k * LN2_LOW) - f)
  }
  return k === 0 ? f - s * (f - rest) : k * LN2_HIGH - (s * (f - rest) - k * LN2_LOW - f)
}

/**
 * Returns eˣ, with an error of less than one unit in the last place.
 *
 * The argument is k · log 2 + r, with r in two parts. With c = r − r² · P(r²) for a polynomial P,
 * eʳ is 1 + r + r · c / (2 − c).
 */
export function portableExp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 709.782712893383973096) return Number.POSITIVE_INFINITY
  if (x < -745.13321910194110842) return 0
  // V8 has this case too: the general method ends one unit below.
  if (x === 1) return Math.E
  // The high words of positive numbers compare as the numbers do.
  const size = highWord(x) & 0x7fffffff
  if (size < 0x3e300000) return 1 + x
  let k = 0
  let above = x
  let below = 0
  // From half the logarithm of 2 on, and from three halves of it on.
  if (size > 0x3fd62e42) {
    if (size < 0x3ff0a2b2) k = Math.sign(x)
    else k = Math.trunc(Math.LOG2E * x + 0.5 * Math.sign(x))
    above = x - k * LN2_HIGH
    below = k * LN2_LOW
  }
  const r = above - below
  const z = r * r
  const c =
    r -
    z *
      (1.66666666666666019037e-1 +
        z *
          (-2.77777777770155933842e-3 +
            z *
              (6.61375632143793436117e-5 +
                z * (-1.6533902205465251539e-6 + z * 4.13813679705723846039e-8))))
  if (k === 0) return 1 - ((r * c) / (c - 2) - r)
  const power = 1 - (below - (r * c) / (2 - c) - above)
  if (k === 1024) return power * 2 * 8.98846567431158e307
  return k >= -1021 ? power * powerOfTwo(k) : power * powerOfTwo(k + 1000) * 9.332636185032189e-302
}

/** Half of π in parts of 33, 33 and 53 bits, and what the first two leave. */
const HALF_PI = [1.57079632673412561417, 6.0771005063039659766e-11] as const
const HALF_PI_REST = [6.07710050650619224932e-11, 2.02226624879595063154e-21] as const

/**
 * Returns the cosine, with an error of less than one unit in the last place.
 *
 * @param x from −π to π
 * @throws RangeError for another number, which is a bug of the caller
 */
export function portableCos(x: number): number {
  if (!(Math.abs(x) <= Math.PI)) throw new RangeError(`cos: expected −π to π, got ${x}`)
  const size = Math.abs(x)
  // The high word of π / 4, and 2 / π.
  const quarters = highWord(size) <= 0x3fe921fb ? 0 : Math.trunc(size * 0.6366197723675814 + 0.5)
  // The distance from the nearest multiple of π / 2, in two parts. Close to it so many bits cancel
  // that the next part of π has to be subtracted too.
  let rest = size - quarters * HALF_PI[0]
  let correction = quarters * HALF_PI_REST[0]
  if (cancels(size, rest - correction, quarters)) {
    const before = rest
    const part = quarters * HALF_PI[1]
    rest = before - part
    correction = quarters * HALF_PI_REST[1] - (before - rest - part)
  }
  const near = rest - correction
  const error = rest - near - correction
  if (quarters === 1) return -sinNearZero(near, error)
  return quarters === 0 ? cosNearZero(near, error) : -cosNearZero(near, error)
}

/** Returns whether x is so close to a multiple of π / 2 that fdlibm uses more bits of π. */
function cancels(x: number, distance: number, quarters: number): boolean {
  const high = highWord(x)
  if (quarters === 1) return high === 0x3ff921fb
  return quarters === 2 && (high >> 20) - ((highWord(distance) >> 20) & 0x7ff) > 16
}

/** Returns cos(x + error) for |x| up to π / 4. */
function cosNearZero(x: number, error: number): number {
  const z = x * x
  const rest =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z *
                (-2.75573143513906633035e-7 +
                  z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))))
  const high = highWord(x) & 0x7fffffff
  if (high < 0x3fd33333) return 1 - (0.5 * z - (z * rest - x * error))
  // About x² / 4 in few bits, so that the difference from 1 is exact.
  let part = 0.28125
  if (high <= 0x3fe90000) {
    words[HIGH] = high - 0x200000
    words[LOW] = 0
    part = number[0]!
  }
  return 1 - part - (0.5 * z - part - (z * rest - x * error))
}

/** Returns sin(x + error) for |x| up to π / 4. */
function sinNearZero(x: number, error: number): number {
  const z = x * x
  const cube = z * x
  const rest =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z *
          (2.75573137070700676789e-6 +
            z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  return x - (z * (0.5 * error - cube * rest) - error - cube * -1.66666666666666324348e-1)
}

/**
 * Returns xⁿ, the nearest number to the exact power with rare exceptions. Squares and products are
 * computed in pairs of numbers, whose sum has about 100 bits. Powers below 1e-290 may lose bits.
 *
 * @param n a whole number from 0 to 2⁵³
 * @throws RangeError for another exponent, which is a bug of the caller
 */
export function portablePower(x: number, n: number): number {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(`power: expected a whole exponent from 0 on, got ${n}`)
  let result: Pair = [1, 0]
  let square: Pair = [x, 0]
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = product(result, square)
    if (left > 1) square = product(square, square)
  }
  return result[0]
}

/** A number in two parts. The first is the sum of both, rounded. */
type Pair = readonly [high: number, low: number]

/** Returns a product whose low part holds what rounding took from the high part (Dekker, 1971). */
function product([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const high = a * b
  const [a1, a2] = halves(a)
  const [b1, b2] = halves(b)
  const low = a1 * b1 - high + a1 * b2 + a2 * b1 + a2 * b2 + (a * bLow + aLow * b)
  // Beyond the largest number the parts are no numbers any more, and the product is infinite.
  if (!Number.isFinite(low)) return [high, 0]
  const sum = high + low
  return [sum, low - (sum - high)]
}

/** Returns two numbers of 26 bits whose sum is x (Veltkamp, 1968). */
function halves(x: number): Pair {
  const scaled = 134217729 * x
  const high = scaled - (scaled - x)
  return [high, x - high]
}
