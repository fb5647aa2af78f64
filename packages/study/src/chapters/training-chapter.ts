import { type Block, figure, heading, paragraph, table } from '@mnist-lab/report'
import { lineChart } from '@mnist-lab/report/charts'
import { MEASURES, type Measure } from '../agreement.js'
import { type MainVariant, PUBLISHED } from '../published.js'
import {
  curve,
  type Group,
  type MainGroup,
  mainGroups,
  type PassName,
  type StudyResults,
} from '../results.js'
import { counted, four, right, signed, TITLES } from './format.js'

/** Plots accuracy and loss by epoch, and lists every epoch beside the original's. */
export function trainingChapter(results: StudyResults): readonly Block[] {
  const models = mainGroups(results)
  if (models.length === 0) return []
  return [
    heading(2, 'Loss and accuracy by epoch'),
    paragraph(
      'Losses are reported as in the original: the mean losses of all batches are added and divided by the number of images. With full batches this is ' +
        'the mean loss divided by the batch size.',
    ),
    ...MEASURES.map((measure) => plot(measure, models)),
    ...models.flatMap(({ variant, group }) => [
      heading(3, `Every epoch of ${TITLES[variant]}`),
      ...(['train', 'validation'] as const).map((pass) => epochsTable(variant, group, pass)),
    ]),
  ]
}

function plot(measure: Measure, models: readonly MainGroup[]): Block {
  const { pass, figure: kind, name } = measure
  const seeds = Math.max(...models.map(({ group }) => group.length))
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const series = models.map(({ variant, group }, style) => {
    const points = curve(group, pass, kind === 'loss' ? 'batchLossPerSample' : 'accuracy')
    const published = PUBLISHED[variant][pass][kind]
    return {
      name: TITLES[variant],
      style,
      points: points.map(({ epoch, mean }) => [epoch, mean] as const),
      ...(group.length > 1
        ? { band: points.map(({ epoch, low, high }) => [epoch, low, high] as const) }
        : {}),
      reference: published
        .slice(0, Math.max(points.length, 1))
        .map((value, at) => [at + 1, value] as const),
    }
  })
  const caption = `${title} by epoch. Dashed lines show the original.${seeds > 1 ? ` Solid lines are means over ${counted(seeds, 'seed')}, and bands show the range over seeds.` : ''}`
  return figure(`${pass}-${kind}`, caption, (size) =>
    lineChart(
      {
        title,
        series,
        referenceName: 'original',
        bandName: 'range over seeds',
        x: { title: 'epoch' },
        y: { title: kind === 'loss' ? 'loss per image' : 'accuracy' },
      },
      size,
    ),
  )
}

function epochsTable(variant: MainVariant, group: Group, pass: PassName): Block {
  const published = PUBLISHED[variant][pass]
  const [losses, accuracies] = [
    curve(group, pass, 'batchLossPerSample'),
    curve(group, pass, 'accuracy'),
  ]
  const beside = (ours: number, original: number | undefined) =>
    original === undefined
      ? [four(ours), '–', '–']
      : [four(ours), four(original), signed(Number(four(ours)) - original)]
  return table(
    [
      right('epoch'),
      right('loss'),
      right('original'),
      right('difference'),
      right('accuracy'),
      right('original'),
      right('difference'),
    ],
    losses.map(({ epoch, mean }, at) => [
      String(epoch),
      ...beside(mean, published.loss[at]),
      ...beside(accuracies[at]!.mean, published.accuracy[at]),
    ]),
    `${pass === 'train' ? 'Training' : 'Validation'}${group.length > 1 ? `, means over ${counted(group.length, 'seed')}` : `, seed ${group[0].planned.seed}`}`,
  )
}
