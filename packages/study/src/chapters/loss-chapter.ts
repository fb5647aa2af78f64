import { type Block, code, heading, list, paragraph, table } from '@mnist-lab/report'
import { MAIN_VARIANTS, type MainVariant } from '../published.js'
import {
  accuracyBefore,
  divergedRun,
  finals,
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
import { counted, four, relation, right, signed, TITLES } from './format.js'
import { predictedClasses } from './mistakes-chapter.js'
import { differenceText, testDifference } from './tested-difference.js'

export const LOSS_HEADING = 'The loss: softmax applied twice and once'

/**
 * Returns the smallest cross-entropy of softmax applied to probabilities: log(e + classes − 1) − 1.
 */
export function lossFloor(classes: number): number {
  return Math.log(Math.E + classes - 1) - 1
}

/**
 * Explains the effect of applying softmax twice, compares it with softmax once, and explains why
 * the MLP hardly learns.
 */
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
    heading(2, LOSS_HEADING),
    paragraph(
      `The models end in a softmax layer, and the original’s loss, PyTorch’s cross-entropy, applies softmax again. The second softmax receives probabilities between 0 and 1 instead of logits, ` +
        `so its own output never gets close to 0 or 1. With ${classes} classes the loss of one image lies between ${four(floor)} (certain and right) and ${four(floor + 1)} (certain and wrong).`,
    ),
    code(
      `lowest  = log(e + ${classes - 1}) − 1 = ${four(floor)}\nhighest = log(e + ${classes - 1})     = ${four(floor + 1)}\n∂loss/∂z = p ⊙ (g − ⟨g, p⟩),  p = softmax(z),  g = softmax(p) − onehot(label)`,
    ),
    paragraph(
      `The gradient with respect to the logits z passes through the first softmax, which multiplies it by p. If the model is certain, one entry of p is 1 and the others are 0. The gradient then vanishes, whether the model is right or wrong, ` +
        `so a model that is certain of a mistake is not corrected. A model that is certain of every image is called saturated. Its mean loss follows from its accuracy: ${four(floor + 1)} − accuracy.`,
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
  return `${TITLES[variant]}: the mean validation loss is ${four(loss)}. If the model were saturated, it would be ${four(expected)} (difference ${signed(off)}). The model is ${Math.abs(off) < 0.02 ? 'nearly saturated' : 'not saturated'}.`
}

function sideBySide(
  models: readonly {
    readonly variant: MainVariant
    readonly twice: Group
    readonly once: Group | undefined
  }[],
): readonly Block[] {
  const both = models.flatMap(({ variant, twice, once }) =>
    once === undefined ? [] : [{ variant, twice, once, tested: testDifference(once, twice) }],
  )
  if (both.length === 0) return [paragraph('This study has no run with softmax once.')]
  const better = both.filter(({ tested }) => tested.significant && tested.difference > 0).length
  return [
    heading(3, 'Softmax once compared with softmax twice'),
    table(
      [
        { header: 'model' },
        right('softmax twice'),
        right('softmax once'),
        right('difference'),
        { header: 'significant?' },
      ],
      both.map(({ variant, twice, once, tested }) => [
        TITLES[variant],
        four(validationAccuracy(twice)),
        four(validationAccuracy(once)),
        signed(tested.difference),
        tested.significant ? 'yes' : 'no',
      ]),
      'Validation accuracy',
    ),
    list(
      both.map(
        ({ variant, tested }) =>
          `${TITLES[variant]}: the accuracy with softmax once minus that with softmax twice is ${differenceText(tested)}.`,
      ),
    ),
    paragraph(
      `Softmax once is significantly better for ${better} of ${counted(both.length, 'model')}.`,
    ),
  ]
}

/**
 * One cell of the MLP's table: a mean accuracy, or the accuracy that a run had before it diverged.
 */
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
  const said = `The MLP applies dropout before each of its seven ReLUs. With softmax twice it reaches a validation accuracy of ${four(accuracy)}, and with seed ${asIs[0].planned.seed} it predicts ${predictedClasses(evaluation)} of the ${classes} classes.`
  const title = heading(3, accuracy >= 0.9 ? 'The MLP learns' : 'Why the MLP hardly learns')
  const [onceOnly, noDropout, both] = [
    cell(results, 'custom-mlp', ONCE),
    cell(results, 'custom-mlp-no-dropout', TWICE),
    cell(results, 'custom-mlp-no-dropout', ONCE),
  ]
  if (onceOnly === undefined || noDropout === undefined || both === undefined) {
    return [
      title,
      paragraph(
        `${said} This study does not test whether dropout or the second softmax holds it back.`,
      ),
    ]
  }
  const [a, b, c] = [onceOnly, noDropout, both].map((one) => one.accuracy - accuracy) as [
    number,
    number,
    number,
  ]
  return [
    title,
    paragraph(
      `${said} The table shows the accuracy without dropout, without the second softmax, and without both.`,
    ),
    table(
      [{ header: 'Custom MLP' }, right('softmax twice'), right('softmax once')],
      [
        ['with dropout', four(accuracy), onceOnly.text],
        ['without dropout', noDropout.text, both.text],
      ],
      'Validation accuracy',
    ),
    paragraph(
      `Without the second softmax the accuracy is ${relation(a)}, without dropout it is ${relation(b)}, and without both it is ${relation(c)}. ${cause(a, b, c)}`,
    ),
  ]
}

/**
 * Names the cause, from the accuracies gained by removing the second softmax, dropout, and both.
 */
function cause(once: number, noDropout: number, both: number): string {
  const most = 0.7
  if (both <= 0.01)
    return 'Neither holds the MLP back, because removing both hardly changes the accuracy.'
  const [byOnce, byDropout] = [once >= most * both, noDropout >= most * both]
  if (byOnce && byDropout)
    return 'Each of the two alone holds the MLP back: removing either one gains at least 70% of what removing both gains.'
  if (byDropout)
    return 'Dropout is what holds the MLP back. The network is deep and narrow, and dropout removes half of every layer, including the last one of 10 units, so little information about the digit passes through seven layers.'
  if (byOnce)
    return 'The second softmax is what holds the MLP back. Its gradient is too small to train seven layers with dropout.'
  return 'The two hold the MLP back together: removing only one gains less than 70% of what removing both gains.'
}
