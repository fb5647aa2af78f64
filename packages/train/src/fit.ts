import { batchAt, epochOrder } from '@mnist-lab/data'
import type { Checkpoint } from './checkpoint.js'
import { evaluatePass } from './evaluate.js'
import { type FitOptions, type FitSettings, resolveOptions } from './fit-options.js'
import { addBatch, checkFinite, emptyPass, passFigures, type PassSums, pauses } from './pass.js'
import type { EpochFigures } from './run-schema.js'
import { epochsWithoutGain, schedule } from './schedule.js'

/** The first event of a run, before any step. */
export interface StartEvent {
  readonly type: 'start'
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** The number of training samples. */
  readonly samples: number
  /**
   * The position of the checkpoint: its epoch, counted from 1, and the steps already done in that
   * epoch.
   */
  readonly resumedAt?: { readonly epoch: number; readonly stepInEpoch: number }
}

/** The event after each training step. */
export interface StepEvent {
  readonly type: 'step'
  /** Counts from 1. */
  readonly epoch: number
  /** Counts from 1 within the epoch. */
  readonly step: number
  readonly stepsPerEpoch: number
  /** The mean over the batch, with the weights before the step. */
  readonly loss: number
  /** The number of samples of the batch whose most probable class is their label. */
  readonly correct: number
  /** The size of the batch. */
  readonly size: number
  readonly learningRate: number
}

/** The event after every `checkpointEvery` steps. */
export interface CheckpointEvent {
  readonly type: 'checkpoint'
  readonly checkpoint: Checkpoint
}

/** The event after the steps and the validation of each epoch. */
export interface EpochEvent {
  readonly type: 'epoch'
  readonly figures: EpochFigures
  /**
   * Saves the state between this epoch and the next one.
   *
   * @throws Error when training has continued in the meantime
   */
  readonly checkpoint: () => Promise<Checkpoint>
}

/** The last event of a run. */
export interface EndEvent {
  readonly type: 'end'
  readonly reason: 'completed' | 'aborted' | 'stopped-early'
  /** The figures of all epochs, including those before a checkpoint. */
  readonly epochs: readonly EpochFigures[]
  /** The state from which the run can resume, also after an abort within an epoch. */
  readonly checkpoint: Checkpoint
}

/** Everything that {@link fit} yields. Every run begins with `start` and finishes with `end`. */
export type FitEvent = StartEvent | StepEvent | CheckpointEvent | EpochEvent | EndEvent

/**
 * Trains a model and yields an event for everything that happens.
 *
 * Training waits while the consumer handles an event. A consumer may leave the loop at any event;
 * the trainer then is between two steps. An abort and an early stop end the run with an `end` event
 * and without an exception.
 *
 * ```ts
 * for await (const event of fit({ trainer, spec, plan, train, epochs: 3 })) {
 *   if (event.type === 'epoch') console.log(event.figures.train.accuracy)
 * }
 * ```
 *
 * @throws TrainError when an option is wrong or the checkpoint belongs to another run
 * @throws DivergedError when the loss is no longer finite
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitEvent, void, void> {
  const settings = resolveOptions(options)
  const { trainer, resume, epochs, stepsPerEpoch, train } = settings
  if (resume !== undefined) await trainer.load(resume.state)
  const run = new Run(settings)
  yield {
    type: 'start',
    epochs,
    stepsPerEpoch,
    samples: train.count,
    ...(resume === undefined
      ? {}
      : { resumedAt: { epoch: resume.epoch, stepInEpoch: resume.stepInEpoch } }),
  }
  let reason = run.endReason()
  while (reason === undefined) {
    yield* run.steps()
    if (!run.epochTrained() || !(await run.finishEpoch())) break
    yield { type: 'epoch', figures: run.history.at(-1)!, checkpoint: run.checkpointOfEpoch() }
    reason = run.endReason()
  }
  yield {
    type: 'end',
    reason: reason ?? 'aborted',
    epochs: run.history,
    checkpoint: await run.checkpoint(),
  }
}

/** The position of a run: everything in a checkpoint except the state of the trainer. */
class Run {
  readonly #settings: FitSettings
  readonly #factor: ReturnType<typeof schedule>
  readonly #pause: ReturnType<typeof pauses>
  /**
   * Is replaced when an epoch is added and never changed, because events and checkpoints keep it.
   */
  history: readonly EpochFigures[]
  #stepInEpoch: number
  #pass: PassSums
  #trainMs: number

  constructor(settings: FitSettings) {
    const { resume } = settings
    this.#settings = settings
    this.#factor = schedule(settings.schedule)
    this.#pause = pauses(settings.now)
    this.history = resume?.history ?? []
    this.#stepInEpoch = resume?.stepInEpoch ?? 0
    this.#pass = resume?.pass ?? emptyPass()
    this.#trainMs = (resume?.trainSeconds ?? 0) * 1000
  }

  get #epoch(): number {
    return this.history.length + 1
  }

  /** Returns why the run has no next epoch, or undefined when it has one. */
  endReason(): EndEvent['reason'] | undefined {
    const { epochs, earlyStopping } = this.#settings
    if (
      earlyStopping !== undefined &&
      epochsWithoutGain(earlyStopping, this.history) >= earlyStopping.patience
    )
      return 'stopped-early'
    return this.history.length >= epochs ? 'completed' : undefined
  }

  epochTrained(): boolean {
    return this.#stepInEpoch === this.#settings.stepsPerEpoch
  }

  /** Does the remaining steps of the epoch, or those before an abort. */
  async *steps(): AsyncGenerator<FitEvent, void, void> {
    const { plan, train, stepsPerEpoch, signal, checkpointEvery } = this.#settings
    const order = epochOrder(train.count, plan.seed, this.#epoch)
    while (!this.epochTrained()) {
      await this.#pause()
      if (signal?.aborted === true) return
      yield await this.#step(order)
      const total = (this.#epoch - 1) * stepsPerEpoch + this.#stepInEpoch
      if (checkpointEvery !== undefined && total % checkpointEvery === 0) {
        yield { type: 'checkpoint', checkpoint: await this.checkpoint() }
      }
    }
  }

  async #step(order: Uint32Array): Promise<StepEvent> {
    const { trainer, plan, train, stepsPerEpoch, now } = this.#settings
    const [epoch, step] = [this.#epoch, this.#stepInEpoch + 1]
    const learningRate = this.#learningRate(step)
    const begin = now()
    const from = this.#stepInEpoch * plan.batchSize
    const batch = batchAt(train, order.subarray(from, from + plan.batchSize))
    const { loss, correct } = await trainer.step(batch, learningRate)
    this.#trainMs += now() - begin
    checkFinite(loss, `epoch ${epoch} step ${step}`)
    this.#pass = addBatch(this.#pass, { loss, correct }, batch.size)
    this.#stepInEpoch = step
    return {
      type: 'step',
      epoch,
      step,
      stepsPerEpoch,
      loss,
      correct,
      size: batch.size,
      learningRate,
    }
  }

  /**
   * Evaluates the validation samples and moves to the next epoch. Returns false when aborted; the
   * epoch then stays unfinished.
   */
  async finishEpoch(): Promise<boolean> {
    const { trainer, plan, validation, stepsPerEpoch, signal, now } = this.#settings
    const begin = now()
    const abort = signal === undefined ? {} : { signal }
    const sums =
      validation &&
      (await evaluatePass(trainer, validation, { batchSize: plan.batchSize, now, ...abort }))
    if (validation !== undefined && sums === undefined) return false
    this.history = [
      ...this.history,
      {
        epoch: this.#epoch,
        train: passFigures(this.#pass),
        ...(sums === undefined ? {} : { validation: passFigures(sums) }),
        learningRate: this.#learningRate(stepsPerEpoch),
        trainSeconds: this.#trainMs / 1000,
        evaluateSeconds: (now() - begin) / 1000,
      },
    ]
    this.#stepInEpoch = 0
    this.#pass = emptyPass()
    this.#trainMs = 0
    return true
  }

  #learningRate(step: number): number {
    const { plan, stepsPerEpoch } = this.#settings
    return plan.optimizer.learningRate * this.#factor({ epoch: this.#epoch, step, stepsPerEpoch })
  }

  async checkpoint(): Promise<Checkpoint> {
    const { trainer, spec, plan, schedule, earlyStopping, train } = this.#settings
    return {
      epoch: this.#epoch,
      stepInEpoch: this.#stepInEpoch,
      pass: this.#pass,
      trainSeconds: this.#trainMs / 1000,
      history: [...this.history],
      spec,
      plan,
      schedule,
      ...(earlyStopping === undefined ? {} : { earlyStopping }),
      samples: train.count,
      state: await trainer.save(),
    }
  }

  /** Returns {@link checkpoint} as a function that throws once the run has continued. */
  checkpointOfEpoch(): () => Promise<Checkpoint> {
    const { history } = this
    return async () => {
      if (this.history !== history || this.#stepInEpoch > 0)
        throw new Error(
          'the checkpoint of an epoch must be saved before its event has been handled',
        )
      return this.checkpoint()
    }
  }
}
