import { significant } from './numbers.js'

/** The figures of one pass over a dataset, as a table shows them. */
export interface PassFigures {
  /** Mean loss over the samples. */
  readonly loss: number
  /** Sum of the batches' mean losses divided by the number of samples. */
  readonly batchLossPerSample: number
  readonly accuracy: number
}

/** The figures of one epoch, as a table shows them. */
export interface EpochFigures {
  /** From 1. */
  readonly epoch: number
  readonly train: PassFigures
  readonly validation?: PassFigures | undefined
  readonly learningRate: number
  readonly trainSeconds: number
  readonly evaluateSeconds: number
}

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
