import type { StudyResults } from '../study-result.js'
import { type Block, type Column, heading, list, note, paragraph, table } from '@mnist-lab/report'
import { agreementLines } from './agreement-chapter.js'
import { divergedText } from './diverged.js'
import { curve, deviation, finals, groupOf, validationAccuracy, type Group } from './groups.js'
import { MAIN_VARIANTS, type MainVariant, PUBLISHED } from './published.js'
import { counted, four, listed, signed, TITLES } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

interface Model {
  readonly variant: MainVariant
  readonly group: Group
}

/** The whole study on a page: the outcome, the original's conclusions put to the test, what is missing. */
export function overviewChapter(results: StudyResults): readonly Block[] {
  const models = MAIN_VARIANTS.flatMap((variant): Model[] => {
    const group = groupOf(results, variant)
    return group === undefined ? [] : [{ variant, group }]
  })
  return [
    heading(2, 'Results'),
    ...missing(results),
    ...(models.length === 0
      ? []
      : [
          outcome(models),
          heading(3, 'The original’s conclusions, checked'),
          list([highestLoss(models), bestAccuracy(models), stillFalling(models)].flat()),
          heading(3, 'Does it agree?'),
          agreed(results),
        ]),
  ]
}

function agreed(results: StudyResults): Block {
  const lines = agreementLines(results)
  return lines.length === 0
    ? paragraph('That is judged from epoch 3 on, and no run has come so far.')
    : list(lines)
}

function missing({ study, runs, diverged }: StudyResults): readonly Block[] {
  const finished = runs.length + diverged.length
  const { data, limit } = study.settings
  return [
    ...(data === undefined
      ? []
      : [
          note(
            `These runs are of other data (${dataName(runs)}). The original’s figures are of MNIST: nothing here compares with them.`,
            'warning',
          ),
        ]),
    ...(limit === undefined
      ? []
      : [
          note(
            `Only the first ${counted(limit, 'training image')} were used: such figures do not compare with the original’s.`,
            'warning',
          ),
        ]),
    ...(finished === study.runs.length
      ? []
      : [
          note(
            `${finished} of ${counted(study.runs.length, 'run')} of this study are finished: what follows is of those alone.`,
            'warning',
          ),
        ]),
    ...(diverged.length === 0
      ? []
      : [
          note(
            `Training diverged, the loss became infinite or no number: ${listed(diverged.map(divergedText))}. No mean and no test includes such a run.`,
            'warning',
          ),
        ]),
  ]
}

function outcome(models: readonly Model[]): Block {
  return table(
    [
      { header: 'model' },
      right('seeds'),
      right('validation accuracy'),
      right('± over seeds'),
      right('original'),
      right('difference'),
      right('validation loss'),
      right('original'),
    ],
    models.map(({ variant, group }) => {
      const epochs = group[0].run.epochs.length
      const { accuracy: accuracies, loss: losses } = PUBLISHED[variant].validation
      const [accuracy, loss] = [
        validationAccuracy(group),
        curve(group, 'validation', 'batchLossPerSample').at(-1)!.mean,
      ]
      const spread = deviation(finals(group, 'validation', 'accuracy'))
      const [original, originalLoss] = [accuracies[epochs - 1], losses[epochs - 1]]
      return [
        TITLES[variant],
        String(group.length),
        four(accuracy),
        spread === undefined ? '–' : four(spread),
        ...(original === undefined ? ['–', '–'] : [four(original), signed(accuracy - original)]),
        four(loss),
        originalLoss === undefined ? '–' : four(originalLoss),
      ]
    }),
    `After ${counted(models[0]!.group[0].run.epochs.length, 'epoch')}; softmax twice and losses divided as in the original; original after as many epochs`,
  )
}

/** `mnist` of `mnist/train`. */
export function dataName(runs: StudyResults['runs']): string {
  return runs[0]?.run.dataset.name.replace(/\/train$/, '') ?? 'unknown'
}

function finalLoss({ group }: Model): number {
  return curve(group, 'validation', 'batchLossPerSample').at(-1)!.mean
}

function highestLoss(models: readonly Model[]): string[] {
  if (models.length < 2) return []
  const byLoss = models.toSorted((a, b) => finalLoss(b) - finalLoss(a))
  return [
    `“The custom MLP has the highest average loss”: ${byLoss[0]!.variant === 'custom-mlp' ? 'so it has here' : 'not here'}. Validation losses: ` +
      `${listed(byLoss.map((model) => `${four(finalLoss(model))} (${TITLES[model.variant]})`))}.`,
  ]
}

function bestAccuracy(models: readonly Model[]): string[] {
  if (models.length < 2) return []
  const [best, second] = models.toSorted(
    (a, b) => validationAccuracy(b.group) - validationAccuracy(a.group),
  )
  return [
    `“LeNet-5 has the best accuracy”: ${best!.variant === 'lenet5' ? 'so it has here' : 'not here'}. ${TITLES[best!.variant]} is first with ${four(validationAccuracy(best!.group))}, ` +
      `${TITLES[second!.variant]} second with ${four(validationAccuracy(second!.group))}.`,
  ]
}

/** Whether the last epochs' losses go on falling by more than a unit of the last decimal that the original gives. */
function stillFalling(models: readonly Model[]): string[] {
  const model = models.find(({ variant }) => variant === 'lenet5-regularized')
  const losses =
    model === undefined
      ? []
      : curve(model.group, 'validation', 'batchLossPerSample').map(({ mean }) => mean)
  const [before, last] = [losses.at(-4), losses.at(-1)]
  if (before === undefined || last === undefined) return []
  const change = Number((last - before).toFixed(4))
  const verdict = change < 0 ? 'so it is here' : 'not here'
  return [
    `“The regularised model’s loss is still falling at the end”: ${verdict}. Its validation loss goes from ${four(before)} to ${four(last)} over the last three epochs (${signed(change)}). ` +
      'Whether more epochs would take it further is not tried here.',
  ]
}
