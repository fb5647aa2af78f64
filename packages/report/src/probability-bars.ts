import { printable } from '@mnist-lab/core'
import stringWidth from 'string-width'
import { MAX_SHOWN_CLASSES } from './classification-table.js'
import { percent } from './numbers.js'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** The number of bars where there are too many classes to show each. */
const MOST_PROBABLE = 10

/** The options of {@link probabilityBars}. */
export interface ProbabilityBarsOptions {
  /** The length of a bar for probability 1, in columns of the terminal. @default 30 */
  readonly width?: number
}

/**
 * Prints one line with a bar per class: `3 ████████████████████████████▉  97.1%`. Of more than
 * `MAX_SHOWN_CLASSES` classes it prints the most probable ones, and the sum of the others.
 *
 * @param probabilities in [0, 1], one for each class name
 */
export function probabilityBars(
  probabilities: ArrayLike<number>,
  classNames: readonly string[],
  { width = 30 }: ProbabilityBarsOptions = {},
): string {
  const all = classNames.map((name, at) => ({
    name: printable(name),
    probability: probabilities[at] ?? 0,
  }))
  const shown =
    all.length <= MAX_SHOWN_CLASSES
      ? all
      : all.toSorted((a, b) => b.probability - a.probability).slice(0, MOST_PROBABLE)
  const nameWidth = Math.max(...shown.map(({ name }) => stringWidth(name)))
  const lines = shown.map(({ name, probability }) => {
    const drawn = bar(probability, width)
    const gap = ' '.repeat(nameWidth - stringWidth(name))
    return `${name}${gap} ${drawn}${' '.repeat(width - drawn.length)} ${percent(probability).padStart(6)}`
  })
  if (shown.length === all.length) return lines.join('\n')
  const sum = (list: readonly { readonly probability: number }[]) =>
    list.reduce((total, { probability }) => total + probability, 0)
  const others = (all.length - shown.length).toLocaleString('en-US')
  return [
    ...lines,
    `… and ${others} more classes, ${percent(Math.max(0, sum(all) - sum(shown)))} together`,
  ].join('\n')
}

function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8)
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!
}
