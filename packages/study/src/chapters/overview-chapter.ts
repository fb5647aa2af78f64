import { type Block, heading, list, note, paragraph, table } from '@mnist-lab/report'
import { PUBLISHED, PUBLISHED_SOURCE } from '../published.js'
import {
  accuracyBefore,
  curve,
  deviation,
  type DivergedRun,
  finals,
  type MainGroup,
  mainGroups,
  type StudyResults,
  validationAccuracy,
} from '../results.js'
import { agreementLines } from './agreement-chapter.js'
import { counted, four, listed, right, signed, softmaxText, TITLES } from './format.js'

/**
 * Summarises the study: its terms, its outcome, the original's conclusions, and what is missing.
 */
export function overviewChapter(results: StudyResults): readonly Block[] {
  const models = mainGroups(results)
  return [
    heading(2, 'Results'),
    ...introduction(),
    ...warnings(results),
    ...(models.length === 0
      ? []
      : [
          outcome(models),
          heading(3, 'The original’s conclusions'),
          list([highestLoss(models), bestAccuracy(models), stillFalling(models)].flat()),
          heading(3, 'Agreement in short'),
          agreed(results),
        ]),
  ]
}

/** Explains the words that the whole report uses. */
function introduction(): readonly Block[] {
  return [
    paragraph(
      `This study repeats a published experiment. “The original” below is ${PUBLISHED_SOURCE}.`,
    ),
    paragraph(
      'The original applies softmax twice: its models end in a softmax layer, and its loss applies softmax to their output again. “Softmax twice” below means this loss. ' +
        '“Softmax once” means the same loss without the second softmax.',
    ),
    paragraph(
      'Validation images are the test images of the data. A seed determines the initial weights, the data order and the dropout of a run.',
    ),
  ]
}

function agreed(results: StudyResults): Block {
  const lines = agreementLines(results)
  return lines.length === 0
    ? paragraph('The comparison starts at epoch 3, and no run has that many epochs.')
    : list(lines)
}

function warnings({ study, runs, diverged }: StudyResults): readonly Block[] {
  const finished = runs.length + diverged.length
  const { data, limit } = study.settings
  return [
    ...(data === undefined
      ? []
      : [
          note(
            `These runs use other data (${dataName(runs)}). The original’s figures are for MNIST, so nothing here can be compared with them.`,
            'warning',
          ),
        ]),
    ...(limit === undefined
      ? []
      : [
          note(
            `These runs use only the first ${counted(limit, 'training image')}, so their figures cannot be compared with the original’s.`,
            'warning',
          ),
        ]),
    ...(finished === study.runs.length
      ? []
      : [
          note(
            `${finished} of ${counted(study.runs.length, 'run')} of this study are finished. This report covers only those.`,
            'warning',
          ),
        ]),
    ...(diverged.length === 0
      ? []
      : [
          note(
            `Training diverged in ${counted(diverged.length, 'run')}, because the loss became infinite or not a number: ${listed(diverged.map(divergedText))}. Means and tests leave such runs out.`,
            'warning',
          ),
        ]),
  ]
}

/**
 * Describes a diverged run:
 * `Custom MLP, softmax once, seed 1, in epoch 5 (validation accuracy before: 0.2150)`.
 */
function divergedText(one: DivergedRun): string {
  const { planned, run } = one
  const before = accuracyBefore(one)
  const where = `${TITLES[planned.variant]}, ${softmaxText(planned.loss)}, seed ${planned.seed}, in epoch ${run.epochs.length + 1}`
  return before === undefined ? where : `${where} (validation accuracy before: ${four(before)})`
}

function outcome(models: readonly MainGroup[]): Block {
  return table(
    [
      { header: 'model' },
      right('seeds'),
      right('validation accuracy'),
      right('std. dev.'),
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
    `Softmax twice, after ${counted(models[0]!.group[0].run.epochs.length, 'epoch')}. “Std. dev.” is the standard deviation over seeds, and the original’s figures are those after the same epoch.`,
  )
}

/** Returns the name of a dataset without its part: `mnist` for `mnist/train`. */
export function dataName(runs: StudyResults['runs']): string {
  return runs[0]?.run.dataset.name.replace(/\/train$/, '') ?? 'unknown'
}

function finalLoss({ group }: MainGroup): number {
  return curve(group, 'validation', 'batchLossPerSample').at(-1)!.mean
}

function conclusion(quoted: string, confirmed: boolean, evidence: string): string {
  return `“${quoted}”: this study ${confirmed ? 'confirms this' : 'does not confirm this'}. ${evidence}`
}

function highestLoss(models: readonly MainGroup[]): string[] {
  if (models.length < 2) return []
  const byLoss = models.toSorted((a, b) => finalLoss(b) - finalLoss(a))
  return [
    conclusion(
      'The custom MLP has the highest average loss',
      byLoss[0]!.variant === 'custom-mlp',
      `The validation losses are ${listed(byLoss.map((model) => `${four(finalLoss(model))} (${TITLES[model.variant]})`))}.`,
    ),
  ]
}

function bestAccuracy(models: readonly MainGroup[]): string[] {
  if (models.length < 2) return []
  const [best, second] = models.toSorted(
    (a, b) => validationAccuracy(b.group) - validationAccuracy(a.group),
  )
  return [
    conclusion(
      'LeNet-5 has the best accuracy',
      best!.variant === 'lenet5',
      `The highest validation accuracy is ${four(validationAccuracy(best!.group))} (${TITLES[best!.variant]}), ` +
        `and the second highest is ${four(validationAccuracy(second!.group))} (${TITLES[second!.variant]}).`,
    ),
  ]
}

/**
 * Checks whether the loss falls over the last epochs by at least one unit of the last decimal that
 * the original prints.
 */
function stillFalling(models: readonly MainGroup[]): string[] {
  const model = models.find(({ variant }) => variant === 'lenet5-regularized')
  const losses =
    model === undefined
      ? []
      : curve(model.group, 'validation', 'batchLossPerSample').map(({ mean }) => mean)
  const [before, last] = [losses.at(-4), losses.at(-1)]
  if (before === undefined || last === undefined) return []
  const change = Number((last - before).toFixed(4))
  return [
    conclusion(
      'The regularised model’s loss is still falling at the end',
      change < 0,
      `Its validation loss changes from ${four(before)} to ${four(last)} over the last three epochs (${signed(change)}). ` +
        'This study does not test whether more epochs would lower it further.',
    ),
  ]
}
