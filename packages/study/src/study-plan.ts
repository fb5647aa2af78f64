import type { Loss, TrainingPlan } from '@mnist-lab/backends'
import type { StudyRun, StudySettings, StudyVariant } from './study-result.js'
import { customMlp, lenet5, models, type ModelSpec } from '@mnist-lab/models'

/** A variant of the study: a model, and what its training differs in. */
export interface Variant {
  readonly spec: ModelSpec
  readonly weightDecay: number
}

const study = (name: keyof typeof models): Variant => ({
  spec: models[name].create(),
  weightDecay: models[name].weightDecay,
})
const DROPOUT = 0.5
const { weightDecay: DECAY } = models['lenet5-regularized']

/** Every variant: the three models, and LeNet-5 with one of the regularised model's techniques at a time. */
export const VARIANTS: Readonly<Record<StudyVariant, Variant>> = {
  lenet5: study('lenet5'),
  'custom-mlp': study('custom-mlp'),
  'lenet5-regularized': study('lenet5-regularized'),
  'lenet5-relu': alone('lenet5-relu', lenet5({ activation: 'relu' })),
  'lenet5-max-pool': alone('lenet5-max-pool', lenet5({ pooling: 'max' })),
  'lenet5-dropout': alone('lenet5-dropout', lenet5({ dropout: DROPOUT })),
  'lenet5-weight-decay': { ...alone('lenet5-weight-decay', lenet5()), weightDecay: DECAY },
  'custom-mlp-no-dropout': alone('custom-mlp-no-dropout', customMlp({ dropout: 0 })),
}

/** What is trained with the study's own loss for its figures; the first seed's runs alone on the machine, for their times. */
const MAIN = [
  'lenet5',
  'custom-mlp',
  'lenet5-regularized',
] as const satisfies readonly StudyVariant[]
const ABLATIONS = [
  'lenet5-relu',
  'lenet5-max-pool',
  'lenet5-dropout',
  'lenet5-weight-decay',
  'custom-mlp-no-dropout',
] as const

const TWICE: Loss = 'doubleSoftmaxCrossEntropy'
const ONCE: Loss = 'softmaxCrossEntropy'

/** A run of the study with everything that decides its figures. */
export interface PlannedRun extends StudyRun {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  /** Whether nothing else may run beside it: its time is shown. */
  readonly timed: boolean
}

/** All runs, in the order in which they are begun: what is timed, the other seeds, the ablations. */
export function studyPlan({
  seeds,
  ablationSeeds,
}: Pick<StudySettings, 'seeds' | 'ablationSeeds'>): readonly PlannedRun[] {
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)
  return [
    ...upTo(seeds).flatMap((seed) =>
      MAIN.map((variant) => planned(variant, TWICE, seed, seed === 1)),
    ),
    ...upTo(ablationSeeds).flatMap((seed) => [
      ...ABLATIONS.map((variant) => planned(variant, TWICE, seed)),
      ...[...MAIN, ...ABLATIONS].map((variant) => planned(variant, ONCE, seed)),
    ]),
  ]
}

/** SGD 0.01 with momentum 0.9, batches of 32: the study's plan, whatever the variant. */
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
