import { type Block, heading, list, paragraph, table } from '@mnist-lab/report'
import { agreement, type Comparison } from '../agreement.js'
import { PUBLISHED } from '../published.js'
import { curve, groupOf, mean, type StudyResults } from '../results.js'
import { epochsText, listed, ranges, right, signed, TITLES } from './format.js'
import { LOSS_HEADING, lossFloor } from './loss-chapter.js'

/** Compares this study with the original, and lists the differences and their causes. */
export function agreementChapter(results: StudyResults): readonly Block[] {
  const comparisons = agreement(results).filter(({ epochs }) => epochs.length > 0)
  const title = heading(2, 'Agreement with the original')
  if (comparisons.length === 0) {
    return [
      title,
      paragraph(
        'Nothing can be compared yet: the comparison starts at epoch 3, and no run has that many epochs.',
      ),
    ]
  }
  const outside = comparisons.filter((comparison) => comparison.outside.length > 0)
  return [
    title,
    paragraph(
      'The original’s initial weights and data order are unknown, and the first two epochs depend on them most, so the comparison starts at epoch 3. ' +
        'A difference up to the tolerance counts as agreement. LeNet-5 has narrow tolerances. The two models with dropout have a tolerance of one class in ten: 0.1 in accuracy, 0.1 / 32 in loss. ' +
        'The reason is the second softmax: a model that is certain of its mistakes gets no gradient from them, so it learns whole classes early, late or never.',
    ),
    table(
      [
        { header: 'model' },
        { header: 'measure' },
        { header: 'epochs' },
        right('tolerance'),
        right('largest difference'),
        { header: 'verdict' },
      ],
      comparisons.map((comparison) => row(comparison)),
      results.runs.some(({ planned }) => planned.seed > 1)
        ? 'Differences between the means over seeds and the original'
        : 'Differences between seed 1 and the original',
    ),
    paragraph(
      outside.length === 0
        ? `All ${comparisons.length} comparisons are within their tolerance.`
        : `${comparisons.length - outside.length} of ${comparisons.length} comparisons are within their tolerance, and ${outside.length} ${outside.length === 1 ? 'is' : 'are'} outside.`,
    ),
    heading(3, 'Differences and their causes'),
    list([
      ...outside.map(
        ({ variant, measure, outside, largest }) =>
          `${TITLES[variant]}, ${measure.name}: outside the tolerance in ${epochsText(outside)} (${outside.length === 1 ? 'difference' : 'largest difference'} ${signed(largest)}).`,
      ),
      ...outside.flatMap((comparison) => excessText(results, comparison)),
      ...(outside.length === 0
        ? ['No figure is outside its tolerance. Not every digit can match, for these reasons:']
        : []),
      'The original does not state its data order or its initial weights. The seeds of this study draw other weights from the same distribution (PyTorch’s default).',
      'The original does not state where the regularised model applies dropout. This study applies it after both pooling layers and both hidden linear layers.',
      'The original does not state the dropout rate of the MLP. This study uses one half.',
      'The original prints four decimals and does not mention seeds.',
    ]),
  ]
}

/**
 * Tells whether a model's validation losses differ by more than its accuracies explain. The loss of
 * a saturated model follows from its accuracy.
 */
function excessText(
  results: StudyResults,
  { variant, measure, epochs }: Comparison,
): readonly string[] {
  const group = groupOf(results, variant)
  if (group === undefined || measure.pass !== 'validation' || measure.figure !== 'loss') return []
  const accuracies = curve(group, 'validation', 'accuracy')
  const last = group[0].run.epochs.at(-1)!.validation!
  const scale = last.batchLossPerSample / last.loss
  const top = lossFloor(group[0].evaluation.dataset.classNames.length) + 1
  const excess = (of: (epoch: number) => readonly [loss: number, accuracy: number]) =>
    mean(
      epochs
        .map(({ epoch }) => of(epoch))
        .map(([loss, accuracy]) => loss - (top - accuracy) * scale),
    )
  const published = PUBLISHED[variant].validation
  const theirs = excess((epoch) => [published.loss[epoch - 1]!, published.accuracy[epoch - 1]!])
  const ours = excess((epoch) => [
    epochs.find((one) => one.epoch === epoch)!.ours,
    accuracies[epoch - 1]!.mean,
  ])
  return [
    `${TITLES[variant]}: the loss of a saturated model follows from its accuracy (see “${LOSS_HEADING}”). The original’s validation losses differ from the losses that its accuracies give by ${signed(theirs, 5)} on average, and this study’s by ${signed(ours, 5)}. ` +
      `${Math.abs(theirs - ours) > 0.00005 ? 'Accuracy does not explain the whole difference' : 'Accuracy explains the difference'}.`,
  ]
}

function row({
  variant,
  measure,
  tolerance,
  epochs,
  largest,
  outside,
}: Comparison): readonly string[] {
  const allowed = tolerance.toFixed(4)
  return [
    TITLES[variant],
    measure.name,
    ranges(epochs.map(({ epoch }) => epoch)),
    `±${allowed}`,
    signed(largest),
    outside.length === 0 ? '✓ agrees' : `✗ outside in ${epochsText(outside)}`,
  ]
}

/** Summarises the agreement of each model in one line, for a terminal. */
export function agreementLines(results: StudyResults): readonly string[] {
  const comparisons = agreement(results).filter(({ epochs }) => epochs.length > 0)
  return [...new Set(comparisons.map(({ variant }) => variant))].map((variant) => {
    const own = comparisons.filter((comparison) => comparison.variant === variant)
    const off = own.filter(({ outside }) => outside.length > 0)
    const start = `${TITLES[variant]} agrees with the original in`
    if (off.length === 0)
      return `${start} all ${own.length} measures (${epochsText(own[0]!.epochs.map(({ epoch }) => epoch))}).`
    const within = own.length - off.length
    return `${start} ${within === 0 ? 'none' : within} of ${own.length} measures. Outside the tolerance: ${listed(off.map(({ measure, outside }) => `${measure.name} (${epochsText(outside)})`))}.`
  })
}
