import type { StudyResults } from '../study-result.js'
import { type Block, type Column, heading, list, paragraph, table } from '@mnist-lab/report'
import { agreement, type Comparison } from './agreement.js'
import { curve, groupOf, mean } from './groups.js'
import { lossFloor } from './loss-floor.js'
import { PUBLISHED, PUBLISHED_SOURCE } from './published.js'
import { listed, ranges, signed, TITLES } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

/** The original against this study with a verdict, and what does not agree and why. */
export function agreementChapter(results: StudyResults): readonly Block[] {
  const comparisons = agreement(results).filter(({ epochs }) => epochs.length > 0)
  const title = heading(2, 'Agreement with the original')
  if (comparisons.length === 0) {
    return [
      title,
      paragraph(
        'Nothing can be compared: agreement is judged from epoch 3 on, and no run has come so far.',
      ),
    ]
  }
  const beyond = comparisons.filter((comparison) => comparison.beyond.length > 0)
  return [
    title,
    paragraph(
      `The original is ${PUBLISHED_SOURCE}. The first two epochs depend most on initial weights and data order, which are not known, so they are ` +
        'not judged. LeNet-5 is held to narrow tolerances. The two models with dropout are held to one class of ten (0.1 in accuracy, 0.1 / 32 in loss): ' +
        'with softmax twice a model that is sure of its mistakes gets no gradient from them, so whole classes are learnt early, late or never.',
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
        ? 'Differences of the means over seeds'
        : 'Differences of seed 1',
    ),
    paragraph(
      beyond.length === 0
        ? `Everything agrees: all ${comparisons.length} comparisons are within their tolerance.`
        : `${comparisons.length - beyond.length} of ${comparisons.length} comparisons are within their tolerance; ${beyond.length === 1 ? 'one is' : `${beyond.length} are`} not.`,
    ),
    heading(3, 'What does not agree, and why'),
    list([
      ...beyond.map(
        ({ variant, measure, beyond, epochs, largest }) =>
          `${TITLES[variant]}, ${measure.name}: ${beyond.length} of ${epochs.length} epochs ${beyond.length === 1 ? 'is' : 'are'} beyond the tolerance (${ranges(beyond)}), at most ${signed(largest)}.`,
      ),
      ...beyond.flatMap((comparison) => excessText(results, comparison)),
      ...(beyond.length === 0
        ? [
            'Within the tolerances above, nothing; digit by digit nothing can agree, for these reasons:',
          ]
        : []),
      'How the original shuffled its data is not known, and neither are its initial weights: seeds here give other ones of the same distribution (PyTorch’s default).',
      'Where the regularised model’s dropout stands is not stated. It is inferred: after both poolings and both hidden linear layers.',
      'The MLP’s dropout rate is not stated. It is inferred: one half.',
      'The original gives four decimals, and says nothing of seeds.',
    ]),
  ]
}

/** Whether a model's validation losses differ by more than its accuracies make them, which are the rest of a saturated model's loss. */
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
    `${TITLES[variant]}: a saturated model’s loss follows from its accuracy (see below). The original’s validation losses are on average ${signed(theirs, 5)} away from what its accuracies give, ours ${signed(ours, 5)}: ` +
      `${Math.abs(theirs - ours) > 0.00005 ? 'accuracy does not explain the whole difference' : 'accuracy explains the difference'}.`,
  ]
}

function row({
  variant,
  measure,
  tolerance,
  epochs,
  largest,
  beyond,
}: Comparison): readonly string[] {
  const allowed = tolerance.toFixed(4)
  return [
    TITLES[variant],
    measure.name,
    ranges(epochs.map(({ epoch }) => epoch)),
    `±${allowed}`,
    signed(largest),
    beyond.length === 0 ? '✓ agrees' : `✗ not in ${epochsText(beyond)}`,
  ]
}

/** A line a model, for a terminal: which measures agree. */
export function agreementLines(results: StudyResults): readonly string[] {
  const comparisons = agreement(results).filter(({ epochs }) => epochs.length > 0)
  return [...new Set(comparisons.map(({ variant }) => variant))].map((variant) => {
    const own = comparisons.filter((comparison) => comparison.variant === variant)
    const off = own.filter(({ beyond }) => beyond.length > 0)
    return off.length === 0
      ? `${TITLES[variant]}: agrees with the original in all ${own.length} measures, ${epochsText(own[0]!.epochs.map(({ epoch }) => epoch))}`
      : `${TITLES[variant]}: agrees with the original in ${own.length === off.length ? 'none' : own.length - off.length} of ${own.length} measures; not in ${listed(off.map(({ measure, beyond }) => `${measure.name} (${epochsText(beyond)})`))}`
  })
}

function epochsText(epochs: readonly number[]): string {
  return `${epochs.length === 1 ? 'epoch' : 'epochs'} ${ranges(epochs)}`
}
