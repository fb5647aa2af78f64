import type { StudyResults } from '../study-result.js'
import { type Block, heading } from '@mnist-lab/report'
import { confusionBlocks, filterBlocks, mistakeBlocks } from './evaluation-blocks.js'
import { groupOf } from './groups.js'
import { MAIN_VARIANTS } from './published.js'
import { TITLES } from './wording.js'

/** What the models mistake for what, and what their first layers look for: of the first seed. */
export function mistakesChapter(results: StudyResults): readonly Block[] {
  const models = MAIN_VARIANTS.flatMap((variant) => {
    const group = groupOf(results, variant)
    return group === undefined
      ? []
      : [
          {
            variant,
            evaluation: group[0].evaluation,
            name: `${TITLES[variant]}, seed ${group[0].planned.seed}`,
          },
        ]
  })
  if (models.length === 0) return []
  const each = (blocks: typeof confusionBlocks) =>
    models.flatMap(({ evaluation, name, variant }) => blocks(evaluation, name, variant))
  return [
    heading(2, 'Where the models go wrong'),
    heading(3, 'Confusion matrices'),
    ...each(confusionBlocks),
    heading(3, 'Most confident mistakes'),
    ...each(mistakeBlocks),
    heading(3, 'First-layer filters'),
    ...each(filterBlocks),
  ]
}
