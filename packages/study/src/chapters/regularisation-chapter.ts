import type { StudyResults, StudyVariant } from '../study-result.js'
import { barChart } from '@mnist-lab/report/charts'
import { type Block, type Column, figure, heading, list, paragraph, table } from '@mnist-lab/report'
import {
  gap,
  groupOf,
  mean,
  ONCE,
  TWICE,
  validationAccuracy,
  type Group,
  type Loss,
} from './groups.js'
import { compare, testNote, type Verdict, verdictText } from './significance.js'
import { four, listed, relation, signed, timesOf } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

/** Each technique alone, then all. */
const TECHNIQUES: readonly { readonly variant: StudyVariant; readonly name: string }[] = [
  { variant: 'lenet5-relu', name: 'ReLU' },
  { variant: 'lenet5-max-pool', name: 'max pooling' },
  { variant: 'lenet5-dropout', name: 'dropout' },
  { variant: 'lenet5-weight-decay', name: 'weight decay' },
  { variant: 'lenet5-regularized', name: 'all together' },
]

interface Technique {
  readonly name: string
  readonly group: Group
  readonly verdict: Verdict
  /** Its train–validation gap less plain LeNet-5's. */
  readonly gapChange: number
}

interface Ablation {
  readonly loss: Loss
  readonly plain: Group
  readonly techniques: readonly Technique[]
}

/** Whether each technique of the regularised model does what it is there for. */
export function regularisationChapter(results: StudyResults): readonly Block[] {
  const ablations = ([TWICE, ONCE] as const).flatMap((loss) => ablation(results, loss))
  if (ablations.length === 0) return []
  return [
    heading(2, 'What regularisation does, technique by technique'),
    paragraph(
      'The regularised model differs from LeNet-5 in four things at once. Here LeNet-5 is trained with each of them alone, with all, and with none. ' +
        'Accuracies are of the final weights, on the training images too, without dropout; the gap is the first less the second.',
    ),
    ...ablations.flatMap((one) => section(one)),
  ]
}

function ablation(results: StudyResults, loss: Loss): readonly Ablation[] {
  const plain = groupOf(results, 'lenet5', loss)
  if (plain === undefined) return []
  const techniques = TECHNIQUES.flatMap(({ variant, name }) => {
    const group = groupOf(results, variant, loss)
    return group === undefined
      ? []
      : [{ name, group, verdict: compare(group, plain), gapChange: gap(group) - gap(plain) }]
  })
  // Without one that stands alone nothing is taken apart.
  return techniques.some(({ name }) => name !== 'all together') ? [{ loss, plain, techniques }] : []
}

function section({ loss, plain, techniques }: Ablation): readonly Block[] {
  const rows = [{ name: 'none: plain LeNet-5', group: plain }, ...techniques]
  const chart = (
    file: string,
    title: string,
    axis: string,
    value: (group: Group) => number,
    text: (value: number) => string,
    min?: number,
  ) =>
    figure(`${file}-${timesOf(loss)}`, `${title}, softmax ${timesOf(loss)}.`, (size) =>
      barChart(
        {
          title: `${title} (softmax ${timesOf(loss)})`,
          axis: { title: axis, ...(min === undefined ? {} : { min }) },
          groups: [
            {
              rows: rows.map(({ name, group }, at) => ({
                name,
                value: value(group),
                label: text(value(group)),
                style: at === 0 ? 6 : 0,
              })),
            },
          ],
        },
        size,
      ),
    )
  const lowest = Math.min(...rows.map(({ group }) => validationAccuracy(group)))
  return [
    heading(
      3,
      `Softmax ${timesOf(loss)}${loss === ONCE ? ': the loss done right' : ', as in the original'}`,
    ),
    table(
      [
        { header: 'LeNet-5 with' },
        right('seeds'),
        right('training'),
        right('validation'),
        right('gap'),
        right('against none'),
        { header: 'more than chance?' },
      ],
      rows.map((row) => [
        row.name,
        String(row.group.length),
        four(mean(row.group.map(({ evaluation }) => evaluation.train.accuracy))),
        four(validationAccuracy(row.group)),
        signed(gap(row.group)),
        ...('verdict' in row
          ? [signed(row.verdict.difference), row.verdict.significant ? 'yes' : 'no']
          : ['–', '']),
      ]),
      'Accuracies; against none: validation accuracy less plain LeNet-5’s',
    ),
    chart(
      'validation-by-technique',
      'Validation accuracy by technique',
      'validation accuracy',
      validationAccuracy,
      four,
      Math.max(0, Math.floor((lowest - 0.0005) * 200) / 200),
    ),
    chart(
      'gap-by-technique',
      'Train–validation gap by technique',
      'training less validation accuracy',
      gap,
      signed,
    ),
    list(techniques.map((technique) => sentence(technique))),
    paragraph(conclusion(techniques)),
    paragraph(testNote(plain, techniques[0]!.group)),
  ]
}

function sentence({ name, verdict, gapChange }: Technique): string {
  const title =
    name === 'all together' ? 'All together' : `${name[0]!.toUpperCase()}${name.slice(1)} alone`
  const effect = !verdict.significant
    ? 'makes no difference to the validation accuracy that the test can tell'
    : verdict.difference > 0
      ? 'raises the validation accuracy'
      : 'lowers the validation accuracy'
  return `${title} ${effect}: ${verdictText(verdict)}. The gap is ${gapRelation(gapChange)}.`
}

function gapRelation(change: number): string {
  const text = relation(change, ['wider', 'narrower'])
  return text === 'the same' ? text : `${text} than without`
}

function conclusion(techniques: readonly Technique[]): string {
  const named = (some: readonly Technique[]) => listed(some.map(({ name }) => name))
  const narrower = techniques.filter(({ gapChange }) => gapChange <= -0.00005)
  const wider = techniques.filter((technique) => !narrower.includes(technique))
  const helps = techniques.filter(({ verdict }) => verdict.significant && verdict.difference > 0)
  const harms = techniques.filter(({ verdict }) => verdict.significant && verdict.difference < 0)
  const best = techniques.toSorted((a, b) => b.verdict.difference - a.verdict.difference)[0]!
  return [
    `The gap, which regularisation is there to narrow, is ${narrower.length === 0 ? 'narrower with none of these' : `narrower with ${named(narrower)}${wider.length === 0 ? '' : `, not with ${named(wider)}`}`}.`,
    helps.length === 0
      ? 'None makes the validation accuracy better by more than chance.'
      : `Better validation accuracy, by more than chance: ${named(helps)}.`,
    harms.length === 0
      ? 'None makes it worse by more than chance.'
      : `Worse, by more than chance: ${named(harms)}.`,
    `The best by validation accuracy is ${best.verdict.difference > 0 ? `${best.name} (${signed(best.verdict.difference)})` : 'LeNet-5 with none of them'}.`,
  ].join(' ')
}
