const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/**
 * Formats a number with three significant digits, or all digits before the point: `0.0123`, `22.1`,
 * `1,450`.
 */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const magnitude = Math.abs(value)
  // 999.5 and above round to four digits.
  if (magnitude >= 999.5) return whole.format(value)
  if (magnitude !== 0 && magnitude < 0.001) return value.toExponential(1)
  return value.toPrecision(3).replace(/^(-?0)\.00$/, '$1')
}

/** Formats a share in percent: `97.1%`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

/** Formats bytes as a whole number of MB (10⁶ bytes): `123`. */
export function megabytes(bytes: number): string {
  return whole.format(bytes / 1e6)
}

/** Formats a difference that should be 0: `0`, `1.2e-7`. */
export function difference(value: number): string {
  return value === 0 ? '0' : value.toExponential(1)
}
