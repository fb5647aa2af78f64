/** Marks a Float32Array in JSON. */
const FLOATS = '$float32'

/** A report as text, typed arrays to the bit, for where a structured clone does not pass. */
export function reportText(report: unknown): string {
  return JSON.stringify(report, (_, value: unknown) =>
    value instanceof Float32Array ? { [FLOATS]: Array.from(value, token) } : value,
  )
}

/** What {@link reportText} was given. */
export function parseReportText(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && FLOATS in value
      ? Float32Array.from(value[FLOATS] as (number | string)[], Number)
      : value,
  )
}

/** JSON has neither infinities nor NaN, which a diverged run gives. */
function token(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
