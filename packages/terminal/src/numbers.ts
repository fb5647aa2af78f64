import { UsageError } from './usage-error.js'

/** A flag's number: which are allowed, in words that `pattern` and the limits enforce. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  /** Whether `min` itself is left out. @default false */
  readonly aboveMin?: boolean
  /** Whether `max` itself is left out. @default false */
  readonly belowMax?: boolean
}

/** @returns a commander argument parser for digits only; it throws UsageError */
export function wholeNumber(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw wrong(flag, `a whole number from ${min} to ${max}`, text)
  }
}

/** @returns a commander argument parser for decimals (`0.01`, `1e-3`); it throws UsageError */
export function decimal(
  flag: string,
  { min, max, aboveMin = false, belowMax = false }: NumberRange,
): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const low = aboveMin ? value > min : value >= min
    const high = belowMax ? value < max : value <= max
    if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && low && high) return value
    throw wrong(
      flag,
      `a number ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'and below' : 'to'} ${max}`,
      text,
    )
  }
}

function wrong(flag: string, expected: string, got: string): UsageError {
  return new UsageError({
    where: flag,
    expected,
    got: JSON.stringify(got),
    hint: 'correct the flag',
  })
}
