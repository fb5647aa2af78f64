import type { EpochFigures, PassFigures } from '@mnist-lab/metrics'
import { significant } from './numbers.js'

export interface EpochTableOptions {
  /** Which reduction of the loss to show. @default 'loss' */
  readonly reduction?: 'loss' | 'batchLossPerSample'
}

const HEADERS = [
  'epoch',
  'train loss',
  'train acc',
  'val loss',
  'val acc',
  'learning rate',
  'train s',
  'eval s',
]

/** Column heads and a rule; fixed widths, so that rows can follow as the epochs end. */
export function epochHeader(): string {
  return [HEADERS.join('  '), HEADERS.map(({ length }) => '─'.repeat(length)).join('  ')].join('\n')
}

/** One line for one epoch, as wide as {@link epochHeader}. */
export function epochRow(
  figures: EpochFigures,
  { reduction = 'loss' }: EpochTableOptions = {},
): string {
  const pass = (of: PassFigures | undefined) =>
    of === undefined
      ? ['–', '–']
      : [of[reduction].toFixed(reduction === 'loss' ? 4 : 5), of.accuracy.toFixed(4)]
  const { epoch, train, validation, learningRate, trainSeconds, evaluateSeconds } = figures
  const cells = [
    String(epoch),
    ...pass(train),
    ...pass(validation),
    significant(learningRate),
    significant(trainSeconds),
    significant(evaluateSeconds),
  ]
  return cells.map((cell, at) => cell.padStart(HEADERS[at]!.length)).join('  ')
}

export function epochTable(
  epochs: readonly EpochFigures[],
  options: EpochTableOptions = {},
): string {
  return [epochHeader(), ...epochs.map((figures) => epochRow(figures, options))].join('\n')
}
