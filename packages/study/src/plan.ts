import type { TrainingPlan } from '@mnist-lab/backends'
import { customMlp, lenet5, models, type ModelSpec } from '@mnist-lab/models'
import { MAIN_VARIANTS } from './published.js'
import { type Loss, ONCE, TWICE } from './results.js'
import type { StudyRun, StudySettings, StudyVariant } from './schema.js'

/** A model of the study and the weight decay that it is trained with. */
interface Variant {
  readonly spec: ModelSpec
  readonly weightDecay: number
}

const trainedAs = (name: keyof typeof models): Variant => ({
  spec: models[name].create(),
  weightDecay: models[name].weightDecay,
})
const DROPOUT = 0.5
const { weightDecay: DECAY } = models['lenet5-regularized']

/**
 * All variants: the original's three models, LeNet-5 with one technique of the regularised model at
 * a time, and the MLP without dropout.
 */
const VARIANTS: Readonly<Record<StudyVariant, Variant>> = {
  lenet5: trainedAs('lenet5'),
  'custom-mlp': trainedAs('custom-mlp'),
  'lenet5-regularized': trainedAs('lenet5-regularized'),
  'lenet5-relu': alone('lenet5-relu', lenet5({ activation: 'relu' })),
  'lenet5-max-pool': alone('lenet5-max-pool', lenet5({ pooling: 'max' })),
  'lenet5-dropout': alone('lenet5-dropout', lenet5({ dropout: DROPOUT })),
  'lenet5-weight-decay': { ...alone('lenet5-weight-decay', lenet5()), weightDecay: DECAY },
  'custom-mlp-no-dropout': alone('custom-mlp-no-dropout', customMlp({ dropout: 0 })),
}

/** Models that differ from one of the original's in one technique. */
const ABLATIONS = [
  'lenet5-relu',
  'lenet5-max-pool',
  'lenet5-dropout',
  'lenet5-weight-decay',
  'custom-mlp-no-dropout',
] as const

/** A run of the study with everything that its figures depend on. */
export interface PlannedRun extends StudyRun {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  /** Whether the report shows its time, so that no other run may train at the same time. */
  readonly timed: boolean
}

/**
 * Lists all runs in the order in which they start: the timed runs, the other seeds, then the
 * ablations.
 */
export function studyPlan({
  seeds,
  ablationSeeds,
}: Pick<StudySettings, 'seeds' | 'ablationSeeds'>): readonly PlannedRun[] {
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)
  return [
    ...upTo(seeds).flatMap((seed) =>
      // The report shows the times of the original's models with the first seed.
      MAIN_VARIANTS.map((variant) => planned(variant, TWICE, seed, seed === 1)),
    ),
    ...upTo(ablationSeeds).flatMap((seed) => [
      ...ABLATIONS.map((variant) => planned(variant, TWICE, seed)),
      ...[...MAIN_VARIANTS, ...ABLATIONS].map((variant) => planned(variant, ONCE, seed)),
    ]),
  ]
}

/**
 * Returns a run. Every variant is trained as in the original: SGD with learning rate 0.01, momentum
 * 0.9 and batches of 32.
 */
function planned(variant: StudyVariant, loss: Loss, seed: number, timed = false): PlannedRun {
  const { spec, weightDecay } = VARIANTS[variant]
  return {
    directory: `${variant}${loss === ONCE ? '-softmax-once' : ''}-seed-${seed}`,
    variant,
    loss,
    seed,
    spec,
    timed,
    plan: {
      loss,
      optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay },
      batchSize: 32,
      seed,
    },
  }
}

function alone(name: StudyVariant, spec: ModelSpec): Variant {
  return { spec: { ...spec, name }, weightDecay: 0 }
}
