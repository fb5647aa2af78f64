import { printable } from '@mnist-lab/core'
import { type Dataset, take } from '@mnist-lab/data'
import { classificationReport, confusionMatrix } from '@mnist-lab/metrics'
import { classificationTable, confusionTable } from '@mnist-lab/report'
import { evaluate, predictDataset } from '@mnist-lab/train'
import { type BackendChoice, chooseBackend, openRun, withTrainedModel } from '@mnist-lab/train/node'
import { type Command, Option } from 'commander'
import { loadMnist } from '@mnist-lab/data/node'
import { path, statusLine, wholeNumber } from '@mnist-lab/terminal'
import {
  addBackendFlags,
  addDataFlag,
  type CommandContext,
  jsonFlag,
  MAX_BATCH,
  MAX_LIMIT,
} from './command.js'

interface Flags extends BackendChoice {
  readonly data?: string
  readonly split: 'test' | 'train'
  readonly limit?: number
  readonly batch?: number
  readonly json?: true
}

/** Adds the command `mnist evaluate`. */
export function addEvaluateCommand(program: Command, { terminal }: CommandContext): void {
  const command = program
    .command('evaluate')
    .summary('Prints the accuracy and the confusion matrix of a trained model.')
    .description(
      'Evaluates a trained model: loss, accuracy, confusion matrix, and precision, recall and F1 of each class.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
  addDataFlag(addBackendFlags(command))
    .addOption(
      new Option('--split <name>', 'the images to evaluate')
        .choices(['test', 'train'])
        .default('test'),
    )
    .option('--limit <n>', 'evaluate only the first n images', wholeNumber('--limit', 1, MAX_LIMIT))
    .option(
      '--batch <size>',
      'the number of images in a batch (default: as in training)',
      wholeNumber('--batch', 1, MAX_BATCH),
    )
    .addOption(jsonFlag('the figures'))
    .action(async (directory: string, flags: Flags) => {
      const opened = await openRun(directory)
      const { backend, why } = await chooseBackend(flags)
      const samples = await samplesOf(flags, opened.run.dataset.directory)
      const batchSize = flags.batch ?? opened.run.plan.batchSize
      const line = statusLine(terminal.err)
      const progress = (what: string) => ({
        batchSize,
        signal: terminal.signal,
        onBatch: (done: number, count: number) => line.show(`${what} ${done}/${count}`),
      })
      const { figures, labels, predictions } = await withTrainedModel(
        backend,
        opened,
        { batchSize },
        async (trainer) => ({
          figures: await evaluate(trainer, samples, progress('loss')),
          ...(await predictDataset(trainer, samples, progress('predictions'))),
        }),
      ).finally(line.clear)
      const confusion = confusionMatrix(labels, predictions, samples.classNames.length)
      const report = classificationReport(confusion)
      terminal.out.write(
        flags.json
          ? `${JSON.stringify({
              run: directory,
              dataset: samples.name,
              backend: backend.name,
              ...figures,
              confusion: { classes: samples.classNames, counts: Array.from(confusion.counts) },
              report,
            })}\n`
          : [
              `${printable(opened.spec.name)} on ${printable(samples.name)}, ${figures.samples} images, backend ${why}`,
              `loss ${figures.loss.toFixed(4)} (sum of the batches’ mean losses / samples: ${figures.batchLossPerSample.toFixed(5)})`,
              `accuracy ${figures.accuracy.toFixed(4)}`,
              '',
              confusionTable(confusion, samples.classNames),
              '',
              classificationTable(report, samples.classNames),
              '',
            ].join('\n'),
      )
    })
}

async function samplesOf(
  { data, split, limit }: Flags,
  directory: string | undefined,
): Promise<Dataset> {
  const samples = (await loadMnist({ directory: data ?? directory }))[split]
  return limit === undefined ? samples : take(samples, limit)
}
