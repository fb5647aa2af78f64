import type { StudyResults } from '@mnist-lab/metrics'
import { type Block, heading, list, note, paragraph, table } from '../document/document.js'
import type { Column } from '../table.js'
import { agreementLines } from './agreement-chapter.js'
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
    ...(models.length === 0 ? [] : [
      outcome(models),
      heading(3, 'The original’s conclusions, checked'),
      list([highestLoss(models), bestAccuracy(models), stillFalling(models)].flat()),
      heading(3, 'Does it agree?'),
      list(agreementLines(results)),
    ]),
  ]
}

function missing({ study, runs }: StudyResults): readonly Block[] {
  if (runs.length === study.runs.length) return []
  return [note(`${runs.length} of ${counted(study.runs.length, 'run')} of this study are finished: what follows is of those alone.`, 'warning')]
}

function outcome(models: readonly Model[]): Block {
  return table(
    [{ header: 'model' }, right('seeds'), right('validation accuracy'), right('± over seeds'), right('original'), right('difference'), right('validation loss'), right('original')],
    models.map(({ variant, group }) => {
      const epochs = group[0].run.epochs.length
      const { accuracy: accuracies, loss: losses } = PUBLISHED[variant].validation
      const [accuracy, loss] = [validationAccuracy(group), curve(group, 'validation', 'batchLossPerSample').at(-1)!.mean]
      const spread = deviation(finals(group, 'validation', 'accuracy'))
      const [original, originalLoss] = [accuracies[epochs - 1], losses[epochs - 1]]
      return [
        TITLES[variant], String(group.length), four(accuracy), spread === undefined ? '–' : four(spread),
        ...(original === undefined ? ['–', '–'] : [four(original), signed(accuracy - original)]),
        four(loss), originalLoss === undefined ? '–' : four(originalLoss),
      ]
    }),
    `After ${counted(models[0]!.group[0].run.epochs.length, 'epoch')}; softmax twice and losses divided as in the original; original after as many epochs`,
  )
}

function finalLoss({ group }: Model, pass: 'train' | 'validation'): number {
  return curve(group, pass, 'batchLossPerSample').at(-1)!.mean
}

function highestLoss(models: readonly Model[]): string[] {
  if (models.length < 2) return []
  const highest = models.toSorted((a, b) => finalLoss(b, 'validation') - finalLoss(a, 'validation'))[0]!
  return [`“The custom MLP has the highest average loss”: ${highest.variant === 'custom-mlp' ? 'so it has here' : 'not here'}. The highest validation loss is ${TITLES[highest.variant]}’s, ${four(finalLoss(highest, 'validation'))}; `
    + `the others’ ${listed(models.filter((model) => model !== highest).map((model) => `${four(finalLoss(model, 'validation'))} (${TITLES[model.variant]})`))}.`]
}

function bestAccuracy(models: readonly Model[]): string[] {
  if (models.length < 2) return []
  const [best, second] = models.toSorted((a, b) => validationAccuracy(b.group) - validationAccuracy(a.group))
  return [`“LeNet-5 has the best accuracy”: ${best!.variant === 'lenet5' ? 'so it has here' : 'not here'}. ${TITLES[best!.variant]} is first with ${four(validationAccuracy(best!.group))}, `
    + `${TITLES[second!.variant]} second with ${four(validationAccuracy(second!.group))}.`]
}

/** Whether the last epochs' losses go on falling by more than a unit of the last decimal that the original gives. */
function stillFalling(models: readonly Model[]): string[] {
  const model = models.find(({ variant }) => variant === 'lenet5-regularized')
  const losses = model === undefined ? [] : curve(model.group, 'validation', 'batchLossPerSample').map(({ mean }) => mean)
  const [before, last] = [losses.at(-4), losses.at(-1)]
  if (before === undefined || last === undefined) return []
  const change = Number((last - before).toFixed(4))
  const verdict = change < 0 ? 'so it is here' : 'not here'
  return [`“The regularised model’s loss is still falling at the end”: ${verdict}. Its validation loss goes from ${four(before)} to ${four(last)} over the last three epochs (${signed(change)}). `
    + 'Whether more epochs would take it further is not tried here.']
}

/** What was done, so that it can be done again. */
export function methodChapter({ study, runs }: StudyResults): readonly Block[] {
  const [first] = runs
  if (first === undefined) return []
  const { plan, dataset, epochs } = first.run
  const { seeds, ablationSeeds, limit } = study.settings
  const { learningRate, momentum } = plan.optimizer
  return [
    heading(2, 'How it was done'),
    list([
      `Data: ${dataset.name}, ${counted(dataset.trainSamples, 'training image')}, ${counted(dataset.validationSamples, 'test image')} for validation. Pixels to [0, 1], less 0.1307, divided by 0.3081.`,
      ...(limit === undefined ? [] : [`Only the first ${counted(limit, 'training image')} were used (--limit): such figures do not compare with the original’s.`]),
      `Training: SGD, learning rate ${learningRate}, momentum ${momentum}, batches of ${plan.batchSize}, ${counted(epochs.length, 'epoch')}; initial weights as PyTorch draws them. Weight decay 0.001 where a model has it; dropout one half where it has that.`,
      `Seeds: ${counted(seeds, 'seed')} for the three models as the original trained them, ${ablationSeeds === 0 ? 'none' : ablationSeeds} for the models with one technique each and for softmax once. `
        + 'A seed decides initial weights, data order and dropout, and gives the same bytes again on the same backend.',
      ...(ablationSeeds > 0 && ablationSeeds < seeds ? ['Techniques and softmax once have fewer seeds, to save time; comparisons with them pair unequal numbers of seeds.'] : []),
      'Training accuracy and loss of an epoch are of the weights while they change, with dropout; validation follows the epoch, without dropout.',
    ]),
    paragraph([
      'To do it again: ', { code: `mnist reproduce --epochs=${study.settings.epochs} --seeds=${seeds} --ablation=${ablationSeeds === 0 ? 'no' : ablationSeeds} --backend=${study.settings.backend}${limit === undefined ? '' : ` --limit=${limit}`}` },
      '. This report is made of the files in the study’s folder alone.',
    ]),
  ]
}
