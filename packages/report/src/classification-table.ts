import type {
  ClassificationReport,
  ClassScores,
  ConfusionCount,
  ConfusionMatrix,
} from '@mnist-lab/metrics'
import { renderTable, type Column, type Row, type TextLayout } from './table.js'

const number = (header: string): Column => ({ header, align: 'right' })

/**
 * The most classes that a table, a chart or a list of probabilities shows each of. More would not
 * fit a screen or a page.
 */
export const MAX_SHOWN_CLASSES = 64
/** The number of mistakes that stand for the confusion matrix of more classes. */
export const SHOWN_MISTAKES = 20

/**
 * Prints a confusion matrix as a table. Rows are true classes and columns are predicted classes. A
 * zero is `·`, so that mistakes stand out.
 *
 * @param classNames one name per class
 * @param layout the width of the terminal
 */
export function confusionTable(
  { classes, counts }: ConfusionMatrix,
  classNames: readonly string[],
  layout: TextLayout = {},
): string {
  const names = Array.from({ length: classes }, (_, at) => classNames[at] ?? String(at))
  const shown = (count: number) => (count === 0 ? '·' : String(count))
  const rows = names.map((name, label) => [
    name,
    ...Array.from(counts.subarray(label * classes, (label + 1) * classes), shown),
  ])
  return renderTable([{ header: 'true \\ predicted' }, ...names.map(number)], rows, layout)
}

/**
 * Returns the columns and the rows of a table of the {@link SHOWN_MISTAKES} most frequent mistakes.
 * The last row says how many more there are.
 *
 * @param counts of all predictions, the largest first
 * @param classNames one name per class
 */
export function frequentMistakes(
  counts: readonly ConfusionCount[],
  classNames: readonly string[],
): { readonly columns: readonly Column[]; readonly rows: readonly Row[] } {
  const name = (at: number) => classNames[at] ?? String(at)
  const mistakes = counts.filter(({ label, prediction }) => label !== prediction)
  const more = mistakes.length - SHOWN_MISTAKES
  return {
    columns: [{ header: 'true class' }, { header: 'predicted class' }, number('images')],
    rows: [
      ...mistakes
        .slice(0, SHOWN_MISTAKES)
        .map(({ label, prediction, count }) => [name(label), name(prediction), String(count)]),
      ...(more > 0 ? [[`… and ${more.toLocaleString('en-US')} other pairs of classes`]] : []),
    ],
  }
}

/**
 * Prints precision, recall and F1 of each class, then the accuracy and the two averages. Of more
 * than {@link MAX_SHOWN_CLASSES} classes it prints the first, and says how many more there are.
 */
export function classificationTable(
  report: ClassificationReport,
  classNames: readonly string[],
): string {
  const row = (name: string, { precision, recall, f1, support }: ClassScores) => [
    name,
    precision.toFixed(4),
    recall.toFixed(4),
    f1.toFixed(4),
    String(support),
  ]
  const more = report.classes.length - MAX_SHOWN_CLASSES
  return renderTable(
    [{ header: 'class' }, number('precision'), number('recall'), number('F1'), number('support')],
    [
      ...report.classes
        .slice(0, MAX_SHOWN_CLASSES)
        .map((scores, at) => row(classNames[at] ?? String(at), scores)),
      ...(more > 0 ? [[`… and ${more.toLocaleString('en-US')} more classes`]] : []),
      ['accuracy', '', '', report.accuracy.toFixed(4), String(report.macro.support)],
      row('macro average', report.macro),
      row('weighted average', report.weighted),
    ],
  )
}
