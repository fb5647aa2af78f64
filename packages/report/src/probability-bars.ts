import { printable } from '@mnist-lab/core'
import stringWidth from 'string-width'
import { percent } from './numbers.js'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** The options of {@link probabilityBars}. */
export interface ProbabilityBarsOptions {
  /** The length of a bar for probability 1, in columns of the terminal. @default 30 */
  readonly width?: number
}

/**
 * Prints one line with a bar per class: `3 ████████████████████████████▉  97.1%`.
 *
 * @param probabilities in [0, 1], one for each class name
 */
export function probabilityBars(
  probabilities: ArrayLike<number>,
  classNames: readonly string[],
  { width = 30 }: ProbabilityBarsOptions = {},
): string {
  const names = classNames.map((name) => printable(name))
  const nameWidth = Math.max(...names.map((name) => stringWidth(name)))
  return names
    .map((name, at) => {
      const probability = probabilities[at] ?? 0
      const drawn = bar(probability, width)
      const gap = ' '.repeat(nameWidth - stringWidth(name))
      return `${name}${gap} ${drawn}${' '.repeat(width - drawn.length)} ${percent(probability).padStart(6)}`
    })
    .join('\n')
}

function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8)
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!
}
