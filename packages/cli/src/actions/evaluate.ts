import { printable, printableJson } from '@mnist-lab/core'
import { type Dataset, take } from '@mnist-lab/data'
import {
  classificationReport,
  type ConfusionCount,
  confusionCounts,
  confusionMatrix,
  MAX_MATRIX_CLASSES,
} from '@mnist-lab/metrics'
import {
  classificationTable,
  confusionTable,
  frequentMistakes,
  MAX_SHOWN_CLASSES,
  renderTable,
} from '@mnist-lab/report'
import {
  checkSamples,
  evaluate,
  outputNames,
  predictDataset,
  type Predictions,
  type RunResult,
} from '@mnist-lab/train'
import { chooseBackend, openRun, readingOfRun, withTrainedModel } from '@mnist-lab/train/node'
import { loadDataset, openData } from '@mnist-lab/data/node'
import { statusLine, type Terminal, terminalWidth } from '@mnist-lab/terminal'
import { checkBatch, type CommandContext } from '../commands/command.js'
import { namedData, withProgress } from '../data-options.js'
import type { EvaluateFlags } from '../commands/evaluate.js'

/** Evaluates a run on the data, and prints the figures. */
export async function evaluateModel(
  directory: string,
  flags: EvaluateFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const opened = await openRun(directory)
  const { backend, why } = await chooseBackend(flags)
  const samples = await samplesOf(flags, opened.run.dataset, terminal)
  checkSamples(opened.spec, samples)
  checkBatch(flags.batch, samples)
  const batchSize = flags.batch ?? opened.run.plan.batchSize
  const line = statusLine(terminal.err)
  const progress = (what: string) => ({
    batchSize,
    signal: terminal.signal,
    onBatch: (done: number, count: number) => line.show(`${what} ${done}/${count}`),
  })
  const { figures, ...predicted } = await withTrainedModel(
    backend,
    opened,
    { batchSize },
    async (trainer) => ({
      figures: await evaluate(trainer, samples, progress('loss')),
      ...(await predictDataset(trainer, samples, progress('predictions'))),
    }),
  ).finally(line.clear)
  const { outputs, labels, predictions } = predicted
  const names = outputNames(samples, outputs)
  const shown = names.map((name) => printable(name))
  const report = classificationReport(labels, predictions, outputs)
  terminal.out.write(
    flags.json
      ? `${printableJson({
          run: directory,
          dataset: samples.name,
          backend: backend.name,
          ...figures,
          confusion: { classes: names, ...confusionJson(predicted) },
          report,
        })}\n`
      : [
          `${printable(opened.spec.name)} on ${printable(samples.name)}, ${figures.samples} images, backend ${why}`,
          `loss ${figures.loss.toFixed(4)} (sum of the batches’ mean losses / samples: ${figures.batchLossPerSample.toFixed(5)})`,
          `accuracy ${figures.accuracy.toFixed(4)}`,
          '',
          confusionText(predicted, shown, terminalWidth(terminal.out)),
          '',
          classificationTable(report, shown),
          '',
          ...(outputs > MAX_SHOWN_CLASSES ? ['--json prints the figures of all classes.', ''] : []),
        ].join('\n'),
  )
}

async function samplesOf(
  flags: EvaluateFlags,
  dataset: RunResult['dataset'],
  terminal: Terminal,
): Promise<Dataset> {
  const { split, limit } = flags
  const { path: given, reading: asked } = await namedData(flags, terminal)
  const path = flags.dataset === undefined ? (given ?? dataset.directory) : given
  const reading = { ...readingOfRun(dataset, given), ...asked }
  const samples = await withProgress(path ?? 'MNIST', terminal, async (options) => {
    if (path === undefined) return (await loadDataset(path, { ...options, ...reading }))[split]
    const { train, test } = await openData(path, { ...options, ...reading })
    // A file of test images has no others.
    return split === 'test' ? (test ?? train) : train
  })
  return limit === undefined ? samples : take(samples, limit)
}

/** Returns the confusion matrix, or of too many classes its numbers that are not 0. */
function confusionJson({
  outputs,
  labels,
  predictions,
}: Predictions): { readonly counts: number[] } | { readonly nonZero: readonly ConfusionCount[] } {
  return outputs <= MAX_MATRIX_CLASSES
    ? { counts: Array.from(confusionMatrix(labels, predictions, outputs).counts) }
    : { nonZero: confusionCounts(labels, predictions) }
}

/** Prints the confusion matrix, or of too many classes the most frequent mistakes. */
function confusionText(
  { outputs, labels, predictions }: Predictions,
  names: readonly string[],
  width: number,
): string {
  if (outputs <= MAX_SHOWN_CLASSES)
    return confusionTable(confusionMatrix(labels, predictions, outputs), names, { width })
  const { columns, rows } = frequentMistakes(confusionCounts(labels, predictions), names)
  const tooLarge = `The confusion matrix of ${outputs} classes is too large to print.`
  if (rows.length === 0) return `${tooLarge} There are no mistakes.`
  return `${tooLarge} These are the most frequent mistakes:\n\n${renderTable(columns, rows)}`
}
