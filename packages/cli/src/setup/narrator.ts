import { printable } from '@mnist-lab/core'
import { type Output, statusLine } from '@mnist-lab/terminal'

/** Tells the user what a set-up does. */
export interface Narrator {
  /** Shows what is being done, in one line that the next one replaces. */
  readonly say: (text: string) => void
  /** Prints a line that stays. */
  readonly tell: (text: string) => void
  /** Clears the line of what is being done. */
  readonly end: () => void
}

/** Returns a narrator that writes to a terminal or a pipe. */
export function narrator(output: Output): Narrator {
  const line = statusLine(output)
  const tell = (text: string) => {
    line.clear()
    output.write(`${printable(text)}\n`)
  }
  // On a pipe each activity is shown once, and not again with every megabyte.
  let said = ''
  const say = (text: string) => {
    const kind = text.replace(/\d+/g, '')
    if (line.live) line.show(text)
    else if (kind !== said) tell(text)
    said = kind
  }
  return { say, tell, end: line.clear }
}
