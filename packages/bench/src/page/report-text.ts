/** Marks a Float32Array in JSON. */
const FLOATS = '$float32'

/**
 * Writes a report as text, with every bit of its typed arrays, for channels that cannot pass a
 * structured clone.
 */
export function reportText(report: unknown): string {
  return JSON.stringify(report, (_, value: unknown) =>
    value instanceof Float32Array ? { [FLOATS]: Array.from(value, token) } : value,
  )
}

/** Reads a report from the text that {@link reportText} wrote. */
export function parseReportText(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && FLOATS in value
      ? Float32Array.from(value[FLOATS] as (number | string)[], Number)
      : value,
  )
}

/** JSON has no infinities and no NaN, which a diverged training gives. */
function token(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
