import type { RunResult } from '@mnist-lab/train'
import type { StudyVariant } from '../study-result.js'

/** As a report calls them. */
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

/** Of accuracies and losses: as many decimals as the published ones have. */
export function four(value: number): string {
  return value.toFixed(4)
}

/** `+0.0012`, `−0.0012`, `0.0000`: what rounds to nothing has no sign. */
export function signed(value: number, decimals = 4): string {
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** `61,706` */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `p = 0.031`, `p < 0.001` */
export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`
}

/** `one`, `2 seeds` */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${whole(count)} ${count === 1 ? noun : plural}`
}

/** `a`, `a and b`, `a, b and c` */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`
}

/** `3 to 5, 7`: ascending whole numbers, runs of them put together. */
export function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = []
  for (const number of numbers) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else parts.push([number, number])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ')
}

/** How one figure stands to another: `0.0034 higher`, `0.0034 lower`, `the same`, at four decimals. */
export function relation(difference: number, [above, below] = ['higher', 'lower']): string {
  const text = four(Math.abs(difference))
  return Number(text) === 0 ? 'the same' : `${text} ${difference > 0 ? above : below}`
}

/** `3.1 times`, `12 times` */
export function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toPrecision(2) : whole(ratio)} times`
}

/** How often softmax is applied. */
export function timesOf(loss: RunResult['plan']['loss']): string {
  return loss === 'doubleSoftmaxCrossEntropy' ? 'twice' : 'once'
}
