import { parseForeignJson } from '@mnist-lab/core'

/** The most characters of a report. The weights and gradients of a large model are in it. */
export const MAX_REPORT_CHARACTERS = 2 ** 28
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

/**
 * Reads a report from the text that {@link reportText} wrote.
 *
 * @throws JsonError for a text that is not JSON, or is too long
 */
export function parseReportText(text: string): unknown {
  return parseForeignJson(text, {
    maxSize: MAX_REPORT_CHARACTERS,
    reviver: (_, value) =>
      typeof value === 'object' && value !== null && FLOATS in value
        ? Float32Array.from(value[FLOATS] as (number | string)[], Number)
        : value,
  })
}

/** JSON has no infinities and no NaN, which a diverged training gives, and no negative zero. */
function token(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}
