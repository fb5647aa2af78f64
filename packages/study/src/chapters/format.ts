// How the report prints numbers, lists and the names of models.
import type { Column } from '@mnist-lab/report'
import type { Loss } from '../results.js'
import type { StudyVariant } from '../schema.js'

/** The names of the models in a report. */
export const TITLES: Readonly<Record<StudyVariant, string>> = {
  lenet5: 'LeNet-5',
  'custom-mlp': 'Custom MLP',
  'lenet5-regularized': 'Regularised LeNet-5',
  'lenet5-relu': 'LeNet-5 with ReLU',
  'lenet5-max-pool': 'LeNet-5 with max pooling',
  'lenet5-dropout': 'LeNet-5 with dropout',
  'lenet5-weight-decay': 'LeNet-5 with weight decay',
  'custom-mlp-no-dropout': 'Custom MLP without dropout',
}

/** Returns a column of numbers, which are aligned right. */
export function right(header: string): Column {
  return { header, align: 'right' }
}

/** Formats an accuracy or a loss with four decimals, as the original does. */
export function four(value: number): string {
  return value.toFixed(4)
}

/**
 * Formats a difference with its sign: `+0.0012`, `−0.0012`. What rounds to zero has no sign:
 * `0.0000`.
 */
export function signed(value: number, decimals = 4): string {
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** Formats a whole number: `61,706`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Formats a p-value: `p = 0.031`, `p < 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`
}

/** Formats a number with its noun: `1 seed`, `2 seeds`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${whole(count)} ${count === 1 ? noun : plural}`
}

/** Joins words to a list: `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)!}`
}

/** Joins ascending epochs to ranges: `epoch 5`, `epochs 3 to 5, 7`. */
export function epochsText(epochs: readonly number[]): string {
  return `${epochs.length === 1 ? 'epoch' : 'epochs'} ${ranges(epochs)}`
}

/** Joins ascending whole numbers to ranges: `3 to 5, 7`. */
export function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = []
  for (const number of numbers) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else parts.push([number, number])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ')
}

/** Describes a difference with four decimals: `0.0034 higher`, `0.0034 lower`, `the same`. */
export function relation(difference: number, [above, below] = ['higher', 'lower']): string {
  const text = four(Math.abs(difference))
  return Number(text) === 0 ? 'the same' : `${text} ${difference > 0 ? above : below}`
}

/** Formats a ratio: `3.1 times`, `12 times`. */
export function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toPrecision(2) : whole(ratio)} times`
}

/** Names a loss: `softmax twice` or `softmax once`. */
export function softmaxText(loss: Loss): string {
  return `softmax ${timesOf(loss)}`
}

/** Says how often a loss applies softmax. */
export function timesOf(loss: Loss): 'twice' | 'once' {
  return loss === 'doubleSoftmaxCrossEntropy' ? 'twice' : 'once'
}
