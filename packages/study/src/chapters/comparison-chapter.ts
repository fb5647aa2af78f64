import type { StudyResults } from '../study-result.js'
import { type Block, type Column, heading, list, paragraph, table } from '@mnist-lab/report'
import { groupOf, ONCE, TWICE, validationAccuracy, type Group, type Loss } from './groups.js'
import { compare, testNote, verdictText } from './significance.js'
import { four, relation, times, timesOf, TITLES, whole } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

/** LeNet-5 against the MLP of about as many parameters. */
export function comparisonChapter(results: StudyResults): readonly Block[] {
  const pairs = ([TWICE, ONCE] as const).flatMap((loss) => {
    const [lenet, mlp] = [groupOf(results, 'lenet5', loss), groupOf(results, 'custom-mlp', loss)]
    return lenet === undefined || mlp === undefined ? [] : [{ loss, lenet, mlp }]
  })
  if (pairs.length === 0) return []
  return [
    heading(2, 'LeNet-5 against the MLP'),
    table(
      [
        { header: 'model' },
        { header: 'softmax' },
        right('accuracy'),
        right('parameters'),
        right('per 10,000 of them'),
        right('multiply-adds'),
        right('per 100,000 of them'),
      ],
      pairs.flatMap(({ loss, lenet, mlp }) => [
        row('lenet5', loss, lenet),
        row('custom-mlp', loss, mlp),
      ]),
      'Validation accuracy, and what of it comes to 10,000 parameters and to 100,000 multiply-adds of one image',
    ),
    ...pairs.flatMap(({ loss, lenet, mlp }) => [paragraph(words(loss, lenet, mlp))]),
    heading(3, 'Is the difference more than chance?'),
    list(
      pairs.map(
        ({ loss, lenet, mlp }) =>
          `Softmax ${timesOf(loss)}, LeNet-5 less MLP: ${verdictText(compare(lenet, mlp))}.`,
      ),
    ),
    paragraph(testNote(pairs[0]!.lenet, pairs[0]!.mlp)),
  ]
}

function row(variant: 'lenet5' | 'custom-mlp', loss: Loss, group: Group): readonly string[] {
  const { parameters, multiplyAdds } = group[0].model
  const accuracy = validationAccuracy(group)
  return [
    TITLES[variant],
    timesOf(loss),
    four(accuracy),
    whole(parameters),
    four(accuracy / (parameters / 1e4)),
    whole(multiplyAdds),
    four(accuracy / (multiplyAdds / 1e5)),
  ]
}

function words(loss: Loss, lenet: Group, mlp: Group): string {
  const [a, b] = [lenet[0].model, mlp[0].model]
  const [ofLenet, ofMlp] = [validationAccuracy(lenet), validationAccuracy(mlp)]
  const perParameter = ofLenet / a.parameters / (ofMlp / b.parameters)
  const perWork = ofLenet / a.multiplyAdds / (ofMlp / b.multiplyAdds)
  const more = a.parameters - b.parameters
  const size =
    more === 0 ? 'exactly as many' : `${whole(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'}`
  return (
    `Softmax ${timesOf(loss)}: LeNet-5’s validation accuracy is ${four(ofLenet)}, ${relation(ofLenet - ofMlp)}${four(Math.abs(ofLenet - ofMlp)) === '0.0000' ? ' as' : ' than'} the MLP’s ${four(ofMlp)}. ` +
    `With ${size} parameters it gets ${share(perParameter)} accuracy per parameter. ` +
    `It needs ${times(a.multiplyAdds / b.multiplyAdds)} the MLP’s multiply-adds for an image, since its kernels are used at every position, and gets ${share(perWork)} accuracy per multiply-add.`
  )
}

function share(ratio: number): string {
  return `${ratio.toPrecision(3)} times the MLP’s`
}
