import type { ModelFacts, ReportedRun, StudyResults } from '../study-result.js'
import { type Block, type Column, heading, paragraph, table } from '@mnist-lab/report'
import { groupOf } from './groups.js'
import { MAIN_VARIANTS, PUBLISHED } from './published.js'
import { TITLES, whole } from './wording.js'

const right = (header: string): Column => ({ header, align: 'right' })

/** Layers and parameters of the study's models, and what its “forward/backward pass” means. */
export function modelsChapter(results: StudyResults): readonly Block[] {
  const models = MAIN_VARIANTS.flatMap((variant) => {
    const group = groupOf(results, variant)
    return group === undefined ? [] : [{ variant, title: TITLES[variant], facts: group[0].model }]
  })
  if (models.length === 0) return []
  return [
    heading(2, 'The models and their parameters'),
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
      `The original also counts “forward/backward pass params”: twice the parameters, ${models
        .map(
          ({ title, facts }) =>
            `2 × ${whole(facts.parameters)} = ${whole(2 * facts.parameters)} (${title})`,
        )
        .join(', ')}. ` +
        'Each parameter is read in the forward pass and gets one gradient in the backward pass, so training handles two numbers for it; the model has ' +
        'no more parameters for that. torchsummary’s “forward/backward pass size” below is another doubling: every listed layer’s output, once for its ' +
        'values and once for their gradients, for one image.',
    ),
    ...models.flatMap(({ title, facts }) => [heading(3, title), layersTable(facts), sizes(facts)]),
  ]
}

/** A model's layers as torchsummary lists them. */
export function layersTable({ layers, parameters }: ModelFacts): Block {
  return table(
    [{ header: 'Layer (type)' }, { header: 'Output Shape' }, right('Param #')],
    [
      ...layers.map(({ name, outputShape, parameters }) => [name, outputShape, whole(parameters)]),
      ['Total params', '', [{ strong: whole(parameters) }]],
    ],
  )
}

function sizes({ megabytes }: ReportedRun['model']): Block {
  const { input, forwardBackward, parameters, total } = megabytes
  const [one, two, three, all] = [input, forwardBackward, parameters, total].map((size) =>
    size.toFixed(2),
  )
  return paragraph(
    `Input size (MB): ${one}. Forward/backward pass size (MB): ${two}. Params size (MB): ${three}. Estimated Total Size (MB): ${all}.`,
  )
}
