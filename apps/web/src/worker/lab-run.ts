import type { Backend, Session, Trainer, TrainingPlan } from '@mnist-lab/backends'
import { type Dataset, take } from '@mnist-lab/data'
import {
  beginRun,
  type Checkpoint,
  encodeRun,
  fit,
  type FitEvent,
  type OpenedRun,
  type RunResult,
  TrainError,
} from '@mnist-lab/train'
import { initialWeights, modelByName, type ModelSpec, type Weights } from '@mnist-lab/models'
import type { RunSettings } from '../messages.ts'
import { browserEnvironment } from './environment.ts'
import type { Mnist } from './load-mnist.ts'
import { StepPoints } from './step-points.ts'
import { type Tell, Watcher } from './watcher.ts'

/** What a run begins or goes on with. */
interface Beginning {
  readonly spec: ModelSpec
  readonly plan: TrainingPlan
  readonly weights: Weights
  readonly epochs: number
  readonly train: Dataset
  readonly test: Dataset
  readonly initialWeights: RunResult['initialWeights']
  readonly checkpoint?: Checkpoint
  readonly status?: RunResult['status']
}

export function freshRun(settings: RunSettings, { train, test }: Mnist): Beginning {
  const { model, batchSize, learningRate, momentum, loss, seed, epochs, images } = settings
  const entry = modelByName(model)
  const spec = entry.create()
  return {
    spec,
    plan: {
      loss,
      batchSize,
      seed,
      optimizer: { learningRate, momentum, weightDecay: entry.weightDecay },
    },
    epochs,
    weights: initialWeights(spec, { seed, scheme: 'pytorch' }),
    initialWeights: 'pytorch',
    train: take(train, images),
    test,
  }
}

/** @throws TrainError when the run was trained on other data than MNIST */
export function openedRun(
  { run, spec, weights, checkpoint }: OpenedRun,
  { train, test }: Mnist,
): Beginning {
  if (run.dataset.name !== train.name) {
    throw new TrainError({
      where: 'run.json',
      what: 'the run was trained on other data',
      expected: train.name,
      got: run.dataset.name,
      hint: 'open it in Node.js, with --data',
    })
  }
  if (run.dataset.validationFrom !== undefined) {
    throw new TrainError({
      where: 'run.json',
      what: 'the run has validation images of its own, which this page cannot split off',
      hint: 'resume it in Node.js with mnist train --resume',
    })
  }
  return {
    spec,
    plan: run.plan,
    weights,
    epochs: run.epochsPlanned,
    train: take(train, run.dataset.trainSamples),
    test,
    status: run.status,
    initialWeights: run.initialWeights,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}

/**
 * A run in this tab. A pause is an ordinary end of `fit`, with a checkpoint to go on from to the bit; so every state that can be seen can
 * be saved, as the same files that `mnist train` writes.
 */
export class LabRun {
  readonly #beginning: Beginning
  readonly #session: Session
  readonly #trainer: Trainer
  readonly #tell: Tell
  readonly watcher: Watcher
  #run: RunResult
  #checkpoint: Checkpoint | undefined
  #abort: AbortController | undefined
  #standing: Promise<void> = Promise.resolve()

  static async open(backend: Backend, beginning: Beginning, tell: Tell): Promise<LabRun> {
    const session = await backend.open()
    try {
      const begin = performance.now()
      const trainer = await session.compile(beginning.spec, beginning.plan, beginning.weights)
      return new LabRun(beginning, session, trainer, performance.now() - begin, tell)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  private constructor(
    beginning: Beginning,
    session: Session,
    trainer: Trainer,
    compileMs: number,
    tell: Tell,
  ) {
    const { spec, plan, test, checkpoint, status, train } = beginning
    this.#beginning = beginning
    this.#session = session
    this.#trainer = trainer
    this.#tell = tell
    this.#checkpoint = checkpoint
    this.watcher = new Watcher(trainer, spec, test, plan.batchSize, tell)
    const run = beginRun(
      { ...beginning, ...(checkpoint === undefined ? {} : { resume: checkpoint }) },
      session.info,
      browserEnvironment(),
    )
    this.#run = { ...run, status: status ?? run.status }
    tell({
      type: 'run',
      run: this.#run,
      info: session.info,
      stepsPerEpoch: Math.ceil(train.count / plan.batchSize),
      compileMs,
    })
  }

  /** Trains until it is through, aborted or wrong. */
  async train(epochs = this.#beginning.epochs): Promise<void> {
    const { spec, plan, train, test } = this.#beginning
    const abort = new AbortController()
    this.#abort = abort
    await this.#standing
    this.#run = { ...this.#run, status: 'running', epochsPlanned: epochs }
    const points = new StepPoints(this.#tell)
    this.#tell({ type: 'phase', phase: 'training' })
    const events = fit({
      trainer: this.#trainer,
      spec,
      plan,
      train,
      validation: test,
      epochs,
      signal: abort.signal,
      ...(this.#checkpoint === undefined ? {} : { resume: this.#checkpoint }),
    })
    try {
      for await (const event of events) await this.#handle(event, points)
    } finally {
      this.#abort = undefined
    }
    points.flush()
    this.#tell({ type: 'ended', run: this.#run })
  }

  async #handle(event: FitEvent, points: StepPoints): Promise<void> {
    if (event.type === 'step') {
      points.add(event)
      await this.watcher.glance(event.epoch - 1 + event.step / event.stepsPerEpoch)
      points.mark()
      if (event.step === event.stepsPerEpoch) this.#tell({ type: 'phase', phase: 'evaluating' })
    } else if (event.type === 'epoch') {
      points.flush()
      await this.watcher.predictAll(event.figures.epoch)
      this.#tell({ type: 'epoch', figures: event.figures })
      this.#tell({ type: 'phase', phase: 'training' })
      points.mark()
    } else if (event.type === 'end') {
      this.#checkpoint = event.checkpoint
      this.#run = {
        ...this.#run,
        status: event.reason === 'aborted' ? 'interrupted' : event.reason,
        epochs: [...event.epochs],
      }
    }
  }

  /** Looks at the run as it stands. */
  look(): Promise<void> {
    return this.#still(async () => {
      await this.watcher.showFilters()
      await this.watcher.read()
      await this.watcher.predictAll(this.#run.epochs.length)
    })
  }

  read(): Promise<void> {
    // A run that trains reads it between two steps.
    return this.#abort === undefined ? this.#still(() => this.watcher.read()) : Promise.resolve()
  }

  /** Ends the training after the step that is under way. */
  interrupt(): void {
    this.#abort?.abort()
  }

  /** Between training and training. */
  tellFiles(): void {
    const checkpoint = this.#checkpoint
    if (checkpoint === undefined)
      throw new TrainError({ where: 'run', what: 'it has not begun', hint: 'train it first' })
    this.#tell({
      type: 'files',
      name: this.#beginning.spec.name,
      files: encodeRun(this.#run, checkpoint),
    })
  }

  async close(): Promise<void> {
    await this.#standing
    await this.#session.close()
  }

  /** Calls of a trainer must not overlap. */
  #still(work: () => Promise<void>): Promise<void> {
    const done = this.#standing.then(work)
    this.#standing = done.catch(() => undefined)
    return done
  }
}
