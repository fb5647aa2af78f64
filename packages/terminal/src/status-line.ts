import type { Output } from './terminal.js'

const CLEAR_LINE = '\r\u001b[K'

/** The last line of a terminal, rewritten as work goes on. On a pipe nothing is written. */
export interface StatusLine {
  /** Whether there is one to see. */
  readonly live: boolean
  /** @param text one line; cut to the terminal's width */
  readonly show: (text: string) => void
  /** Makes room for other output. */
  readonly clear: () => void
}

export function statusLine(output: Output): StatusLine {
  if (output.isTTY !== true) return { live: false, show() {}, clear() {} }
  return {
    live: true,
    show(text) {
      // Some terminals do not know their width and say 0. In the last column some already wrap.
      const columns = output.columns === undefined || output.columns === 0 ? 80 : output.columns
      output.write(CLEAR_LINE + text.slice(0, Math.max(1, columns - 1)))
    },
    clear() {
      output.write(CLEAR_LINE)
    },
  }
}
