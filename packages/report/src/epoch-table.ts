import { significant } from './numbers.js'

/** The figures of one pass over a dataset. */
interface PassFigures {
  /** The mean loss over the samples. */
  readonly loss: number
  /** The sum of the batches' mean losses divided by the number of samples. */
  readonly batchLossPerSample: number
  readonly accuracy: number
}

/** The figures of one epoch. */
export interface EpochFigures {
  /** The number of the epoch, from 1. */
  readonly epoch: number
  readonly train: PassFigures
  readonly validation?: PassFigures | undefined
  readonly learningRate: number
  readonly trainSeconds: number
  readonly evaluateSeconds: number
}

/** The options of {@link epochTable} and {@link epochRow}. */
export interface EpochTableOptions {
  /** Which of the two losses to show. @default 'loss' */
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

/**
 * Returns the column headers and a rule. Widths are fixed, so that rows can be printed one by one.
 */
export function epochHeader(): string {
  return [HEADERS.join('  '), HEADERS.map(({ length }) => '─'.repeat(length)).join('  ')].join('\n')
}

/** Returns the line of one epoch, which fits {@link epochHeader}. */
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

/** Returns a table of all epochs. */
export function epochTable(
  epochs: readonly EpochFigures[],
  options: EpochTableOptions = {},
): string {
  return [epochHeader(), ...epochs.map((figures) => epochRow(figures, options))].join('\n')
}
