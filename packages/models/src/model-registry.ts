import { customMlp } from './custom-mlp.js'
import { lenet5 } from './lenet5.js'
import { lenet5Regularized } from './lenet5-regularized.js'
import { ModelError } from './model-error.js'
import type { ModelOptions } from './model-options.js'
import type { ModelSpec } from './spec.js'

export type ModelName = 'lenet5' | 'custom-mlp' | 'lenet5-regularized'

/** A model of the study. */
export interface ModelEntry {
  readonly name: ModelName
  readonly title: string
  create(options?: ModelOptions): ModelSpec
  /** That the study trains it with; the rest of the training is the same for all. */
  readonly weightDecay: number
}

/** The study's models, in its order. */
export const models: Readonly<Record<ModelName, ModelEntry>> = {
  lenet5: { name: 'lenet5', title: 'LeNet-5', create: lenet5, weightDecay: 0 },
  'custom-mlp': { name: 'custom-mlp', title: 'Custom MLP', create: customMlp, weightDecay: 0 },
  'lenet5-regularized': {
    name: 'lenet5-regularized',
    title: 'Regularised LeNet-5',
    create: lenet5Regularized,
    weightDecay: 0.001,
  },
}

/** @throws ModelError listing the names there are */
export function modelByName(name: string): ModelEntry {
  if (Object.hasOwn(models, name)) return models[name as ModelName]
  const names = Object.keys(models)
  const close = names
    .map((known) => ({ known, distance: editDistance(name.toLowerCase(), known) }))
    .sort((a, b) => a.distance - b.distance)[0]!
  // Half the letters wrong is not a slip any more.
  const hint =
    close.distance <= close.known.length / 2
      ? `did you mean ${close.known}?`
      : 'choose one of these'
  throw new ModelError({
    where: `model ${name}`,
    what: 'unknown',
    expected: names.join(', '),
    hint: hint,
  })
}

/** Levenshtein's: insertions, deletions and substitutions that turn one into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const substitution = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution))
    }
    row = next
  }
  return row[to.length]!
}
