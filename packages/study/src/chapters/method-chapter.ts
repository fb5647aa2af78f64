import { type Block, heading, list, paragraph } from '@mnist-lab/report'
import type { RunResult } from '@mnist-lab/train'
import type { StudyResults } from '../results.js'
import { counted, listed } from './format.js'

/** Describes the method, so that the study can be repeated. */
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
    heading(2, 'Method'),
    list([
      `Data: the runs use ${counted(dataset.trainSamples, 'training image')} of ${dataset.name}, and ${counted(dataset.validationSamples, 'test image')} for validation. ${normalizationText(first.run)}`,
      `Training: the runs use SGD with learning rate ${learningRate}, momentum ${momentum} and batches of ${plan.batchSize} for ${counted(epochs.length, 'epoch')}. Initial weights are drawn as in PyTorch.` +
        `${decay === '' ? '' : ` Weight decay is ${decay} in the models that have it.`}${dropout === '' ? '' : ` The dropout rate is ${dropout} in the models that have dropout.`}`,
      `Seeds: there ${seeds === 1 ? 'is' : 'are'} ${counted(seeds, 'seed')} for the three models with softmax twice, and ${ablationSeeds === 0 ? 'none' : ablationSeeds} for the models with one technique each and for softmax once. ` +
        'The same seed gives the same bytes on the same backend.',
      ...(ablationSeeds > 0 && ablationSeeds < seeds
        ? [
            'The models with one technique and the runs with softmax once have fewer seeds, to save time. Their means are over fewer runs than the means that they are compared with.',
          ]
        : []),
      'Figures of an epoch: training accuracy and loss are measured while the weights change, with dropout. Validation follows the epoch, without dropout.',
    ]),
    paragraph([
      'Repeat this study with: ',
      {
        code: `mnist reproduce --epochs=${study.settings.epochs} --seeds=${seeds} --ablation=${ablationSeeds === 0 ? 'no' : ablationSeeds} --backend=${backend}${limit === undefined ? '' : ` --limit=${limit}`}`,
      },
      '. This report is made only from the files in the study’s folder.',
    ]),
  ]
}

/** Lists the numbers above 0, each once. */
function distinct(values: readonly number[]): string {
  return listed(
    [...new Set(values)]
      .filter((value) => value > 0)
      .toSorted((a, b) => a - b)
      .map(String),
  )
}

/**
 * Returns the dropout rates of a run's model. The run's schema does not describe the layers of a
 * model.
 */
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
  return `Pixels are scaled to [0, 1]; then ${mean} is subtracted, and the result is divided by ${std}.`
}
