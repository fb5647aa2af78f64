import { printable } from '@mnist-lab/core'
import type { Output } from './process-streams.js'

const CLEAR_LINE = '\r\u001b[K'
/** The width that is assumed if a terminal does not know its own. */
const DEFAULT_COLUMNS = 80

/**
 * The last line of a terminal, which is rewritten while a program works. Nothing is written to a
 * pipe.
 */
export interface StatusLine {
  /** Whether the output is a terminal, so that a user sees the line. */
  readonly live: boolean
  /**
   * Replaces the line with `text`, which is cut to the terminal's width. Control characters are
   * shown as numbers.
   */
  readonly show: (text: string) => void
  /** Removes the line, so that other output can follow. */
  readonly clear: () => void
}

/** Returns the status line of an output. */
export function statusLine(output: Output): StatusLine {
  if (output.isTTY !== true) return { live: false, show() {}, clear() {} }
  return {
    live: true,
    show(text) {
      // Some terminals report a width of 0, and some wrap the line when its last column is filled.
      const { columns = 0 } = output
      const width = (columns === 0 ? DEFAULT_COLUMNS : columns) - 1
      output.write(CLEAR_LINE + printable(text).slice(0, Math.max(1, width)))
    },
    clear() {
      output.write(CLEAR_LINE)
    },
  }
}

/** Formats a duration in at most two units: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
