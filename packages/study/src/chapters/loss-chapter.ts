import type { StudyResults, StudyVariant } from '../study-result.js'
import { type Block, code, type Column, heading, list, paragraph, table } from '@mnist-lab/report'
import { accuracyBefore, divergedRun } from './diverged.js'
import { predictedClasses } from './evaluation-blocks.js'
import {
  finals,
  groupOf,
  mean,
  ONCE,
  TWICE,
  validationAccuracy,
  type Group,
  type Loss,
} from './groups.js'
import { lossFloor } from './loss-floor.js'
import { MAIN_VARIANTS, type MainVariant } from './published.js'
import { compare, verdictText } from './significance.js'
import { counted, four, relation, signed, TITLES } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

/** What applying softmax twice does, the same with softmax once, and why the MLP hardly learns. */
export function lossChapter(results: StudyResults): readonly Block[] {
  const models = MAIN_VARIANTS.flatMap((variant) => {
    const twice = groupOf(results, variant)
    return twice === undefined ? [] : [{ variant, twice, once: groupOf(results, variant, ONCE) }]
  })
  const [first] = models
  if (first === undefined) return []
  const classes = first.twice[0].evaluation.dataset.classNames.length
  const floor = lossFloor(classes)
  return [
    heading(2, 'Softmax twice, and the loss done right'),
    paragraph(
      `The models end in softmax, and the loss, cross-entropy as PyTorch has it, applies softmax again. The second softmax gets probabilities between 0 and 1 instead of logits, so it can ` +
        `never be sure: with ${classes} classes the loss of an image lies between ${four(floor)} (certainly right) and ${four(floor + 1)} (certainly wrong).`,
    ),
    code(
      `lowest  = log(e + ${classes - 1}) − 1 = ${four(floor)}\nhighest = log(e + ${classes - 1})     = ${four(floor + 1)}\n∂loss/∂z = p ⊙ (g − ⟨g, p⟩),  p = softmax(z),  g = softmax(p) − onehot(label)`,
    ),
    paragraph(
      `The gradient of the logits z goes through the inner softmax: it is multiplied by p. Where the model is sure, p is one 1 and zeros, and the gradient vanishes, whether the model is right or wrong. ` +
        `So a model that has become sure of a mistake is not corrected, and a saturated model’s mean loss is its share of mistakes above the lowest: ${four(floor + 1)} − accuracy.`,
    ),
    list(models.map(({ variant, twice }) => saturation(variant, twice, floor))),
    ...sideBySide(models),
    ...mlp(results),
  ]
}

function saturation(variant: MainVariant, group: Group, floor: number): string {
  const [loss, accuracy] = [mean(finals(group, 'validation', 'loss')), validationAccuracy(group)]
  const expected = floor + 1 - accuracy
  const off = loss - expected
  return `${TITLES[variant]}: mean validation loss ${four(loss)}; saturated it would be ${four(expected)}, ${signed(off)} away: ${Math.abs(off) < 0.02 ? 'it is as good as saturated' : 'it is not saturated'}.`
}

function sideBySide(
  models: readonly {
    readonly variant: MainVariant
    readonly twice: Group
    readonly once: Group | undefined
  }[],
): readonly Block[] {
  const both = models.flatMap(({ variant, twice, once }) =>
    once === undefined ? [] : [{ variant, twice, once, verdict: compare(once, twice) }],
  )
  if (both.length === 0) return [paragraph('No run with softmax once is part of this study.')]
  const better = both.filter(({ verdict }) => verdict.significant && verdict.difference > 0).length
  return [
    heading(3, 'The same with softmax once'),
    table(
      [
        { header: 'model' },
        right('validation accuracy, twice'),
        right('once'),
        right('difference'),
        { header: 'more than chance?' },
      ],
      both.map(({ variant, twice, once, verdict }) => [
        TITLES[variant],
        four(validationAccuracy(twice)),
        four(validationAccuracy(once)),
        signed(verdict.difference),
        verdict.significant ? 'yes' : 'no',
      ]),
    ),
    list(
      both.map(
        ({ variant, verdict }) =>
          `${TITLES[variant]}, softmax once less twice: ${verdictText(verdict)}.`,
      ),
    ),
    paragraph(
      `Softmax once is better by more than chance for ${better} of ${counted(both.length, 'model')}.`,
    ),
  ]
}

/** What a cell of the table says: a mean, or what a run that diverged had reached. */
interface Cell {
  readonly accuracy: number
  readonly text: string
}

function cell(results: StudyResults, variant: StudyVariant, loss: Loss): Cell | undefined {
  const group = groupOf(results, variant, loss)
  if (group !== undefined)
    return { accuracy: validationAccuracy(group), text: four(validationAccuracy(group)) }
  const diverged = divergedRun(results, variant, loss)
  const accuracy = diverged && accuracyBefore(diverged)
  return accuracy === undefined ? undefined : { accuracy, text: `${four(accuracy)}, then diverged` }
}

function mlp(results: StudyResults): readonly Block[] {
  const asIs = groupOf(results, 'custom-mlp', TWICE)
  if (asIs === undefined) return []
  const { evaluation } = asIs[0]
  const classes = evaluation.dataset.classNames.length
  const accuracy = validationAccuracy(asIs)
  const said = `With dropout in front of all seven ReLUs and softmax twice it ends at a validation accuracy of ${four(accuracy)}, and with seed ${asIs[0].planned.seed} it predicts ${predictedClasses(evaluation)} of the ${classes} classes.`
  const title = heading(3, accuracy >= 0.9 ? 'The MLP learns' : 'Why the MLP hardly learns')
  const [onceOnly, noDropout, both] = [
    cell(results, 'custom-mlp', ONCE),
    cell(results, 'custom-mlp-no-dropout', TWICE),
    cell(results, 'custom-mlp-no-dropout', ONCE),
  ]
  if (onceOnly === undefined || noDropout === undefined || both === undefined) {
    return [title, paragraph(`${said} Which of the two holds it back was not tried in this study.`)]
  }
  const [a, b, c] = [onceOnly, noDropout, both].map((one) => one.accuracy - accuracy) as [
    number,
    number,
    number,
  ]
  return [
    title,
    paragraph(`${said} Both were taken away, one by one and together:`),
    table(
      [{ header: 'Custom MLP' }, right('softmax twice'), right('softmax once')],
      [
        ['with dropout', four(accuracy), onceOnly.text],
        ['without dropout', noDropout.text, both.text],
      ],
      'Validation accuracy',
    ),
    paragraph(
      `Softmax once alone: ${relation(a)}. No dropout alone: ${relation(b)}. Both: ${relation(c)}. ${blame(a, b, c)}`,
    ),
  ]
}

/** Which of two remedies does most of what both do. */
function blame(once: number, noDropout: number, both: number): string {
  const most = 0.7
  if (both <= 0.01) return 'Neither holds it back: what it reaches is what it can.'
  const [byOnce, byDropout] = [once >= most * both, noDropout >= most * both]
  if (byOnce && byDropout)
    return 'Each of them alone holds it back: taking away either does most of what taking away both does.'
  if (byDropout)
    return 'So it is dropout that holds it back: the deep, narrow network loses half of every layer, its last one of 10 units included, and what is left over the seven layers says little about the digit.'
  if (byOnce)
    return 'So it is the second softmax that holds it back: its gradient is too small to learn from through seven layers of dropout.'
  return 'So the two hold it back together: taking away one does less than most of what taking away both does.'
}
