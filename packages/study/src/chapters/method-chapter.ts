import type { RunResult } from '@mnist-lab/train'
import type { StudyResults } from '../study-result.js'
import { type Block, heading, list, paragraph } from '@mnist-lab/report'
import { counted, listed } from './wording.js'

/** What was done, so that it can be done again. */
export function methodChapter({ study, runs }: StudyResults): readonly Block[] {
  const [first] = runs
  if (first === undefined) return []
  const { plan, dataset, epochs } = first.run
  const { seeds, ablationSeeds, limit, backend } = study.settings
  const { learningRate, momentum } = plan.optimizer
  const all = runs.map(({ run }) => run)
  const decay = distinct(all.map((run) => run.plan.optimizer.weightDecay))
  const dropout = distinct(all.flatMap(dropoutRates))
  return [
    heading(2, 'How it was done'),
    list([
      `Data: ${dataset.name}, ${counted(dataset.trainSamples, 'training image')}, ${counted(dataset.validationSamples, 'test image')} for validation. ${normalizationText(first.run)}`,
      `Training: SGD, learning rate ${learningRate}, momentum ${momentum}, batches of ${plan.batchSize}, ${counted(epochs.length, 'epoch')}; initial weights as PyTorch draws them.` +
        `${decay === '' ? '' : ` Weight decay ${decay} where a model has it.`}${dropout === '' ? '' : ` Dropout ${dropout} where it has that.`}`,
      `Seeds: ${seeds} for the three models as the original trained them, ${ablationSeeds === 0 ? 'none' : ablationSeeds} for the models with one technique each and for softmax once. ` +
        'A seed decides initial weights, data order and dropout, and gives the same bytes again on the same backend.',
      ...(ablationSeeds > 0 && ablationSeeds < seeds
        ? [
            'Techniques and softmax once have fewer seeds, to save time: their means are over fewer runs than those they are compared with.',
          ]
        : []),
      'Training accuracy and loss of an epoch are of the weights while they change, with dropout; validation follows the epoch, without dropout.',
    ]),
    paragraph([
      'To do it again: ',
      {
        code: `mnist reproduce --epochs=${study.settings.epochs} --seeds=${seeds} --ablation=${ablationSeeds === 0 ? 'no' : ablationSeeds} --backend=${backend}${limit === undefined ? '' : ` --limit=${limit}`}`,
      },
      '. This report is made of the files in the study’s folder alone.',
    ]),
  ]
}

/** The numbers above 0, each once. */
function distinct(values: readonly number[]): string {
  return listed(
    [...new Set(values)]
      .filter((value) => value > 0)
      .toSorted((a, b) => a - b)
      .map(String),
  )
}

/** A run keeps its model as data of another package. */
function dropoutRates({ model }: RunResult): readonly number[] {
  const layers: unknown = model['layers']
  if (!Array.isArray(layers)) return []
  return layers.flatMap((layer: { readonly type?: unknown; readonly rate?: unknown }) =>
    layer.type === 'dropout' && typeof layer.rate === 'number' ? [layer.rate] : [],
  )
}

function normalizationText({ model }: RunResult): string {
  const { mean = 0, std = 1 } = (model['normalization'] ?? {}) as {
    readonly mean?: number
    readonly std?: number
  }
  return `Pixels to [0, 1], less ${mean}, divided by ${std}.`
}
