import { type Block, heading, list, paragraph, table } from '@mnist-lab/report'
import {
  type Group,
  groupOf,
  type Loss,
  ONCE,
  type StudyResults,
  TWICE,
  validationAccuracy,
} from '../results.js'
import { four, relation, right, softmaxText, times, timesOf, TITLES, whole } from './format.js'
import { differenceText, testDifference, testNote } from './tested-difference.js'

/** Compares LeNet-5 with the MLP, which has about as many parameters. */
export function comparisonChapter(results: StudyResults): readonly Block[] {
  const pairs = ([TWICE, ONCE] as const).flatMap((loss) => {
    const [lenet, mlp] = [groupOf(results, 'lenet5', loss), groupOf(results, 'custom-mlp', loss)]
    return lenet === undefined || mlp === undefined ? [] : [{ loss, lenet, mlp }]
  })
  if (pairs.length === 0) return []
  return [
    heading(2, 'LeNet-5 compared with the MLP'),
    table(
      [
        { header: 'model' },
        { header: 'softmax' },
        right('accuracy'),
        right('parameters'),
        right('accuracy per 10,000'),
        right('multiply-adds'),
        right('accuracy per 100,000'),
      ],
      pairs.flatMap(({ loss, lenet, mlp }) => [
        row('lenet5', loss, lenet),
        row('custom-mlp', loss, mlp),
      ]),
      'Validation accuracy, also per 10,000 parameters and per 100,000 multiply-adds of one image',
    ),
    ...pairs.map(({ loss, lenet, mlp }) => paragraph(sentences(loss, lenet, mlp))),
    heading(3, 'Is the difference significant?'),
    list(
      pairs.map(
        ({ loss, lenet, mlp }) =>
          `With ${softmaxText(loss)}, the accuracy of LeNet-5 minus that of the MLP is ${differenceText(testDifference(lenet, mlp))}.`,
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

function sentences(loss: Loss, lenet: Group, mlp: Group): string {
  const [a, b] = [lenet[0].model, mlp[0].model]
  const [ofLenet, ofMlp] = [validationAccuracy(lenet), validationAccuracy(mlp)]
  const perParameter = ofLenet / a.parameters / (ofMlp / b.parameters)
  const perWork = ofLenet / a.multiplyAdds / (ofMlp / b.multiplyAdds)
  const more = a.parameters - b.parameters
  const size =
    more === 0 ? 'exactly as many' : `${whole(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'}`
  const difference = relation(ofLenet - ofMlp)
  return (
    `With ${softmaxText(loss)}, LeNet-5’s validation accuracy is ${four(ofLenet)}, ${difference}${difference === 'the same' ? ' as' : ' than'} the MLP’s ${four(ofMlp)}. ` +
    `LeNet-5 has ${size} parameters and ${share(perParameter)} accuracy per parameter. ` +
    `For one image it needs ${times(a.multiplyAdds / b.multiplyAdds)} the MLP’s multiply-adds, because its kernels are applied at every position, and it has ${share(perWork)} accuracy per multiply-add.`
  )
}

function share(ratio: number): string {
  return `${ratio.toPrecision(3)} times the MLP’s`
}
