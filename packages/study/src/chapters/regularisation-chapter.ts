import { type Block, figure, heading, list, paragraph, table } from '@mnist-lab/report'
import { barChart } from '@mnist-lab/report/charts'
import {
  gap,
  type Group,
  groupOf,
  type Loss,
  mean,
  ONCE,
  type StudyResults,
  TWICE,
  validationAccuracy,
} from '../results.js'
import type { StudyVariant } from '../schema.js'
import { four, listed, relation, right, signed, softmaxText, timesOf } from './format.js'
import { testDifference, type TestedDifference, testNote } from './tested-difference.js'

const ALL = 'all techniques'
const NONE = 'no technique'

/** Each technique of the regularised model alone, then all of them. */
const TECHNIQUES: readonly { readonly variant: StudyVariant; readonly name: string }[] = [
  { variant: 'lenet5-relu', name: 'ReLU' },
  { variant: 'lenet5-max-pool', name: 'max pooling' },
  { variant: 'lenet5-dropout', name: 'dropout' },
  { variant: 'lenet5-weight-decay', name: 'weight decay' },
  { variant: 'lenet5-regularized', name: ALL },
]

interface Technique {
  readonly name: string
  readonly group: Group
  readonly tested: TestedDifference
  /** Its gap minus the gap of plain LeNet-5. */
  readonly gapChange: number
}

interface Ablation {
  readonly loss: Loss
  readonly plain: Group
  readonly techniques: readonly Technique[]
}

/** Shows the effect of each technique of the regularised model. */
export function regularisationChapter(results: StudyResults): readonly Block[] {
  const ablations = ([TWICE, ONCE] as const).flatMap((loss) => ablation(results, loss))
  if (ablations.length === 0) return []
  return [
    heading(2, 'Each regularisation technique alone'),
    paragraph(
      'The regularised model differs from LeNet-5 in four techniques at once. This chapter trains LeNet-5 with each of them alone, with all of them, and with none. ' +
        'Training and validation accuracy are measured with the final weights and without dropout. The gap is training accuracy minus validation accuracy; regularisation is meant to narrow it.',
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
      : [{ name, group, tested: testDifference(group, plain), gapChange: gap(group) - gap(plain) }]
  })
  // The chapter is about single techniques, so it needs at least one.
  return techniques.some(({ name }) => name !== ALL) ? [{ loss, plain, techniques }] : []
}

function section({ loss, plain, techniques }: Ablation): readonly Block[] {
  const rows = [{ name: NONE, group: plain }, ...techniques]
  const chart = (
    file: string,
    title: string,
    axis: string,
    value: (group: Group) => number,
    text: (value: number) => string,
    min?: number,
  ) =>
    figure(`${file}-${timesOf(loss)}`, `${title}, with ${softmaxText(loss)}.`, (size) =>
      barChart(
        {
          title: `${title} (${softmaxText(loss)})`,
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
    heading(3, `Softmax ${timesOf(loss)}${loss === ONCE ? '' : ', as in the original'}`),
    table(
      [
        { header: 'LeNet-5 with' },
        right('seeds'),
        right('training'),
        right('validation'),
        right('gap'),
        right('change'),
        { header: 'significant?' },
      ],
      rows.map((row) => [
        row.name,
        String(row.group.length),
        four(mean(row.group.map(({ evaluation }) => evaluation.train.accuracy))),
        four(validationAccuracy(row.group)),
        signed(gap(row.group)),
        ...('tested' in row
          ? [signed(row.tested.difference), row.tested.significant ? 'yes' : 'no']
          : ['–', '']),
      ]),
      'Accuracies. The change is the validation accuracy minus that of LeNet-5 with no technique.',
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
      'training minus validation accuracy',
      gap,
      signed,
    ),
    list(techniques.map((technique) => sentence(technique))),
    paragraph(conclusion(techniques)),
    paragraph(testNote(plain, techniques[0]!.group)),
  ]
}

function sentence({ name, tested, gapChange }: Technique): string {
  const capitalised = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const [subject, raises, lowers, does] =
    name === ALL
      ? ([`${capitalised} together`, 'raise', 'lower', 'do'] as const)
      : ([`${capitalised} alone`, 'raises', 'lowers', 'does'] as const)
  const effect = !tested.significant
    ? `${does} not change the validation accuracy significantly`
    : `${tested.difference > 0 ? raises : lowers} the validation accuracy significantly`
  return `${subject} ${effect}: ${signed(tested.difference)} (${tested.evidence}). The gap is ${gapRelation(gapChange)}.`
}

function gapRelation(change: number): string {
  const text = relation(change, ['wider', 'narrower'])
  return text === 'the same' ? text : `${text} than with ${NONE}`
}

function conclusion(techniques: readonly Technique[]): string {
  const named = (some: readonly Technique[], conjunction?: 'or') =>
    listed(
      some.map(({ name }) => name),
      conjunction,
    )
  const narrower = techniques.filter(({ gapChange }) => gapChange <= -0.00005)
  const wider = techniques.filter((technique) => !narrower.includes(technique))
  const helps = techniques.filter(({ tested }) => tested.significant && tested.difference > 0)
  const harms = techniques.filter(({ tested }) => tested.significant && tested.difference < 0)
  const best = techniques.toSorted((a, b) => b.tested.difference - a.tested.difference)[0]!
  return [
    narrower.length === 0
      ? 'None of these narrows the gap.'
      : `The gap is narrower with ${named(narrower)}${wider.length === 0 ? '' : `, but not with ${named(wider, 'or')}`}.`,
    helps.length === 0
      ? 'None of these raises the validation accuracy significantly.'
      : `The validation accuracy is significantly higher with ${named(helps)}.`,
    harms.length === 0
      ? 'None of these lowers it significantly.'
      : `It is significantly lower with ${named(harms)}.`,
    `The best validation accuracy is that of LeNet-5 with ${best.tested.difference > 0 ? `${best.name} (${signed(best.tested.difference)})` : NONE}.`,
  ].join(' ')
}
