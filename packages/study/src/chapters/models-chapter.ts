import { type Block, heading, paragraph, table } from '@mnist-lab/report'
import { PUBLISHED } from '../published.js'
import { mainGroups, type ModelFacts, type StudyResults } from '../results.js'
import { right, TITLES, whole } from './format.js'

/**
 * Lists the layers and parameters of the models, and explains the original's “forward/backward pass
 * params”.
 */
export function modelsChapter(results: StudyResults): readonly Block[] {
  const models = mainGroups(results).map(({ variant, group }) => ({
    variant,
    title: TITLES[variant],
    facts: group[0].model,
  }))
  if (models.length === 0) return []
  return [
    heading(2, 'Models and parameters'),
    table(
      [
        { header: 'model' },
        right('parameters'),
        right('original'),
        right('forward/backward pass params'),
        right('multiply-adds'),
      ],
      models.map(({ variant, title, facts }) => [
        title,
        whole(facts.parameters),
        whole(PUBLISHED[variant].parameters),
        whole(2 * facts.parameters),
        whole(facts.multiplyAdds),
      ]),
    ),
    paragraph(
      `The original also counts “forward/backward pass params”, which are twice the parameters: ${models
        .map(
          ({ title, facts }) =>
            `2 × ${whole(facts.parameters)} = ${whole(2 * facts.parameters)} (${title})`,
        )
        .join(', ')}. ` +
        'Training reads each parameter in the forward pass and computes one gradient for it in the backward pass, so it handles two numbers per parameter. ' +
        'The model itself has no more parameters. torchsummary’s “forward/backward pass size” below doubles something else: it counts the outputs of all ' +
        'listed layers for one image, once for their values and once for their gradients.',
    ),
    ...models.flatMap(({ title, facts }) => [heading(3, title), layersTable(facts), sizes(facts)]),
  ]
}

/** Lists the layers of a model as torchsummary does. */
export function layersTable({ layers, parameters }: ModelFacts): Block {
  return table(
    [{ header: 'Layer (type)' }, { header: 'Output Shape' }, right('Param #')],
    [
      ...layers.map(({ name, outputShape, parameters }) => [name, outputShape, whole(parameters)]),
      ['Total params', '', [{ strong: whole(parameters) }]],
    ],
  )
}

function sizes({ megabytes }: ModelFacts): Block {
  const { input, forwardBackward, parameters, total } = megabytes
  const [one, two, three, all] = [input, forwardBackward, parameters, total].map((size) =>
    size.toFixed(2),
  )
  return paragraph(
    `Input size (MB): ${one}. Forward/backward pass size (MB): ${two}. Params size (MB): ${three}. Estimated Total Size (MB): ${all}.`,
  )
}
