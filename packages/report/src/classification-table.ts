import type { ClassificationReport, ClassScores, ConfusionMatrix } from '@mnist-lab/metrics'
import { renderTable, type Column, type TextLayout } from './table.js'

const number = (header: string): Column => ({ header, align: 'right' })

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

/** Prints precision, recall and F1 of each class, then the accuracy and the two averages. */
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
  return renderTable(
    [{ header: 'class' }, number('precision'), number('recall'), number('F1'), number('support')],
    [
      ...report.classes.map((scores, at) => row(classNames[at] ?? String(at), scores)),
      ['accuracy', '', '', report.accuracy.toFixed(4), String(report.macro.support)],
      row('macro average', report.macro),
      row('weighted average', report.weighted),
    ],
  )
}
