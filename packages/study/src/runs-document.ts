import { optimizerText } from '@mnist-lab/backends'
import {
  type Block,
  figure,
  heading,
  paragraph,
  type ReportDocument,
  significant,
  table,
} from '@mnist-lab/report'
import { lineChart } from '@mnist-lab/report/charts'
import { counted, four, right, whole } from './chapters/format.js'
import { confusionBlocks, filterBlocks, mistakeBlocks } from './chapters/mistakes-chapter.js'
import { layersTable } from './chapters/models-chapter.js'
import { machineText } from './chapters/time-chapter.js'
import type { ReportedRun } from './results.js'

/** A run and its name in the report. No two runs of a report have the same name. */
export interface NamedRun extends ReportedRun {
  readonly name: string
}

/**
 * Makes a report of any runs side by side: curves, tables, confusion matrices, mistakes and
 * filters. It compares nothing with the original.
 *
 * @param runs at least one
 */
export function runsDocument(runs: readonly NamedRun[]): ReportDocument {
  const losses = new Set(runs.map(({ run }) => run.plan.loss))
  return {
    title: runs.length === 1 ? `The run ${runs[0]!.name}` : `${runs.length} runs`,
    subtitle: machineText(runs[0]!),
    blocks: [
      heading(2, 'Results'),
      table(
        [
          { header: 'run' },
          { header: 'model' },
          right('parameters'),
          right('epochs'),
          right('train accuracy'),
          right('validation accuracy'),
          right('validation loss'),
          right('seconds of training'),
          { header: 'status' },
        ],
        runs.map(({ name, run, model }) => {
          const last = run.epochs.at(-1)
          return [
            name,
            run.model.name,
            whole(model.parameters),
            String(run.epochs.length),
            figureText(last?.train.accuracy),
            figureText(last?.validation?.accuracy),
            figureText(last?.validation?.loss),
            significant(run.epochs.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0)),
            run.status,
          ]
        }),
      ),
      ...(losses.size > 1
        ? [
            paragraph(
              'These runs use different losses (softmax applied once or twice), so their losses cannot be compared. Their accuracies can.',
            ),
          ]
        : []),
      heading(2, 'Learning curves'),
      ...(['accuracy', 'loss'] as const).flatMap((kind) =>
        (['train', 'validation'] as const).map((pass) => curves(runs, pass, kind)),
      ),
      ...runs.flatMap((run, at) => chapter(run, `run-${at + 1}`)),
    ],
  }
}

function figureText(value: number | undefined): string {
  return value === undefined ? '–' : four(value)
}

function curves(
  runs: readonly NamedRun[],
  pass: 'train' | 'validation',
  kind: 'accuracy' | 'loss',
): Block {
  const title = `${pass === 'train' ? 'Train' : 'Validation'} ${kind}`
  return figure(`${pass}-${kind}`, `${title} by epoch.`, (size) =>
    lineChart(
      {
        title,
        x: { title: 'epoch' },
        y: { title: kind === 'loss' ? 'mean loss' : 'accuracy' },
        series: runs.map(({ name, run }) => ({
          name,
          points: run.epochs.flatMap((epoch) =>
            epoch[pass] === undefined ? [] : [[epoch.epoch, epoch[pass][kind]] as const],
          ),
        })),
      },
      size,
    ),
  )
}

function chapter(run: NamedRun, file: string): readonly Block[] {
  const { name, model, evaluation } = run
  const { plan, epochs, dataset } = run.run
  return [
    heading(2, name),
    paragraph(
      `The model ${run.run.model.name} was trained on ${counted(dataset.trainSamples, 'image')} of ${dataset.name} with the loss ${plan.loss}, ` +
        `batches of ${plan.batchSize} and seed ${plan.seed}. The optimizer is ${optimizerText(plan.optimizer)}. ${machineText(run)}`,
    ),
    heading(3, `Epochs of ${name}`),
    table(
      [
        right('epoch'),
        right('train loss'),
        right('train accuracy'),
        right('validation loss'),
        right('validation accuracy'),
        right('seconds'),
      ],
      epochs.map(({ epoch, train, validation, trainSeconds }) => [
        String(epoch),
        four(train.loss),
        four(train.accuracy),
        figureText(validation?.loss),
        figureText(validation?.accuracy),
        significant(trainSeconds),
      ]),
      `Losses are means over images. Without dropout, the final weights have an accuracy of ${four(evaluation.train.accuracy)} on the training images.`,
    ),
    heading(3, `Layers of ${name}`),
    layersTable(model),
    heading(3, `Mistakes and filters of ${name}`),
    ...confusionBlocks(evaluation, name, file),
    ...mistakeBlocks(evaluation, name, file),
    ...filterBlocks(evaluation, name, file),
  ]
}
