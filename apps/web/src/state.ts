import { computed, signal } from '@preact/signals'
import type { SessionInfo } from '@mnist-lab/backends'
import type { RunResult } from '@mnist-lab/train'
import type { FromWorker, Phase, Prediction, ProbedBackend, RunSettings } from './messages.ts'

// The page's state. lab.ts writes it from the worker's messages, and the components read it.

type Message<Type extends FromWorker['type']> = FromWorker & { readonly type: Type }

/** The settings of the next run. */
export const settings = signal<RunSettings>({
  model: 'lenet5',
  backend: 'fused',
  threads: 1,
  batchSize: 32,
  learningRate: 0.01,
  momentum: 0.9,
  loss: 'softmaxCrossEntropy',
  seed: 1,
  epochs: 1,
  images: 60_000,
})
/**
 * The backends of this page with what their probes found; empty until the worker has probed them.
 */
export const backends = signal<readonly ProbedBackend[]>([])
/** Whether threads can share memory: the host sends the headers COOP and COEP. */
export const isolated = signal(false)
/** Says how many cores the machine has, as far as the browser tells. */
export const cores = signal(1)

/**
 * Changes at the user's click, before the worker answers, so that a second click finds the action
 * refused.
 */
export const phase = signal<Phase>('idle')
/** Whether a run is being saved. */
export const saving = signal(false)
/** Whether backends are being compared. */
export const comparing = signal(false)
/** Says how much of MNIST has been downloaded; undefined when no download is running. */
export const download = signal<Message<'download'> | undefined>(undefined)

/** The run that the page shows. */
export interface CurrentRun {
  readonly run: RunResult
  readonly info: SessionInfo
  /** Whether there is a checkpoint, so that the run can be saved while it does not train. */
  readonly hasCheckpoint: boolean
}
/** The current run; undefined before there is one. */
export const current = signal<CurrentRun | undefined>(undefined)
/** Whether the user pressed Stop, rather than Pause. */
export const stopped = signal(false)
/** Whether the run has training that was not saved to a file. */
export const unsaved = signal(false)
/** The newest training steps; undefined before there are any. */
export const latestSteps = signal<Message<'steps'> | undefined>(undefined)
/** The newest weights of the first layer. */
export const filters = signal<Message<'filters'> | undefined>(undefined)
/** The newest confusion matrix. */
export const confusion = signal<Message<'confusion'> | undefined>(undefined)

/** The image to classify: a drawing, or a test image. */
export const inputImage = signal<Uint8Array | undefined>(undefined)
/** The true digit of {@link inputImage} when that is a test image. */
export const testImageLabel = signal<number | undefined>(undefined)
/** The model's newest answer for {@link inputImage}. */
export const prediction = signal<Prediction | undefined>(undefined)

/** An error that the page shows to the user. */
export interface Problem {
  readonly message: string
  /** Whether the user can do something about it; otherwise it is a defect of the page. */
  readonly fixable: boolean
}
/** The error that the page shows now. */
export const problem = signal<Problem | undefined>(undefined)
/** The latest text for screen readers. It changes rarely. */
export const announcement = signal('')

/**
 * The points of the learning curves, at positions in epochs. The object is replaced when points
 * come.
 */
export interface Curves {
  readonly at: readonly number[]
  readonly loss: readonly number[]
  readonly accuracy: readonly number[]
  readonly test: readonly {
    readonly at: number
    readonly loss: number
    readonly accuracy: number
  }[]
}
/** Learning curves without points. */
export const NO_CURVES: Curves = { at: [], loss: [], accuracy: [], test: [] }
/** The learning curves of the current run. */
export const curves = signal<Curves>(NO_CURVES)

/** Whether the run has all the epochs that were planned. */
export const finished = computed(() => {
  const run = current.value?.run
  return run !== undefined && run.epochs.length >= run.epochsPlanned
})

const PHASE_TITLES: Readonly<Record<Exclude<Phase, 'ready'>, string>> = {
  idle: 'No model trained yet',
  reading: 'Reading the run’s files',
  loading: 'Loading MNIST',
  opening: 'Starting the backend',
  training: 'Training',
  evaluating: 'Evaluating on 10,000 test images',
}

/** The page's state in a few words. */
export const phaseTitle = computed(() => {
  if (phase.value !== 'ready') return PHASE_TITLES[phase.value]
  const epochs = current.value?.run.epochs.length ?? 0
  if (finished.value) return `Trained for ${epochs} epoch${epochs === 1 ? '' : 's'}`
  return stopped.value ? 'Stopped' : 'Paused'
})

/** Returns why actions that replace or train the run, or that measure time, are refused now. */
const busyReason = computed(() => {
  switch (phase.value) {
    case 'reading':
      return 'Wait until the run’s files have been read.'
    case 'loading':
      return 'Wait until MNIST has loaded.'
    case 'opening':
      return 'Wait until the backend has started.'
    case 'training':
    case 'evaluating':
      return 'Pause or stop the training first.'
    default:
      return comparing.value ? 'Wait until the comparison has ended, or stop it.' : undefined
  }
})

const saveReason = computed(() => {
  if (saving.value) return 'The run is being saved.'
  // Training makes a checkpoint; before it begins, the current run is the one that is about to be
  // replaced.
  if (phase.value === 'training' || phase.value === 'evaluating') return undefined
  if (busyReason.value !== undefined && !comparing.value) return busyReason.value
  if (current.value === undefined)
    return 'There is nothing to save yet. Train a model or open a run.'
  return current.value.hasCheckpoint
    ? undefined
    : 'This run has no checkpoint to save. Train it first.'
})

/**
 * Returns for each action why it is refused now, or undefined when it is allowed. Components
 * disable their buttons by it and show the reason; the actions themselves check it again.
 */
export const refusals = computed(() => ({
  /** Training a new model, and resuming. */
  train: busyReason.value,
  open:
    phase.value === 'training' || phase.value === 'evaluating'
      ? 'Pause or stop the training before you open another run.'
      : busyReason.value,
  compare: busyReason.value,
  save: saveReason.value,
}))
