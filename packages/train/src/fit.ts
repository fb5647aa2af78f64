import { batchAt, epochOrder } from '@mnist-lab/data'
import { addBatch, emptyPass, passFigures, type PassSums } from './pass.js'
import { type EpochFigures } from './run-result.js'
import type { Checkpoint } from './checkpoint.js'
import { epochsWithoutGain } from './early-stopping.js'
import { checkFinite, evaluatePass } from './evaluate.js'
import type { EndEvent, FitEvent, StepEvent } from './events.js'
import { settle, type FitOptions, type FitSettings } from './fit-options.js'
import { pauses } from './pause.js'
import { schedule } from './schedule.js'

/**
 * Trains, and tells what happens. The run stands still while the consumer handles an event; breaking off the loop leaves
 * the trainer between two steps. Aborting and an early stop are ordinary ends.
 *
 * ```ts
 * for await (const event of fit({ trainer, spec, plan, train, epochs: 3 })) {
 *   if (event.type === 'epoch') console.log(event.figures.train.accuracy)
 * }
 * ```
 *
 * @throws TrainError when options are wrong, the checkpoint is of another run, or the loss is no longer finite
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitEvent, void, void> {
  const settings = settle(options)
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
  let reason = run.over()
  while (reason === undefined) {
    yield* run.steps()
    if (!run.epochTrained() || !(await run.finishEpoch())) break
    yield { type: 'epoch', figures: run.history.at(-1)!, checkpoint: run.checkpointOfNow() }
    reason = run.over()
  }
  yield {
    type: 'end',
    reason: reason ?? 'aborted',
    epochs: run.history,
    checkpoint: await run.checkpoint(),
  }
}

/** The position of a run: everything of a checkpoint but the trainer's own state. */
class Run {
  readonly #settings: FitSettings
  readonly #factor: ReturnType<typeof schedule>
  readonly #pause: ReturnType<typeof pauses>
  /** Replaced, never changed, when an epoch is added: events and checkpoints keep the one they were given. */
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

  /** Why there is no next epoch, if there is none. */
  over(): EndEvent['reason'] | undefined {
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

  /** The rest of the epoch's steps, or as many as there are before an abort. */
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

  /** Validation, then on to the next epoch; false when aborted, and the epoch stays unfinished. */
  async finishEpoch(): Promise<boolean> {
    const { trainer, plan, validation, stepsPerEpoch, signal, now } = this.#settings
    const begin = now()
    const abort = signal === undefined ? {} : { signal }
    const sums =
      validation &&
      (await evaluatePass(trainer, validation, { batchSize: plan.batchSize, ...abort }))
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

  /** {@link checkpoint}, refusing once the run has gone on. */
  checkpointOfNow(): () => Promise<Checkpoint> {
    const { history } = this
    return async () => {
      if (this.history !== history || this.#stepInEpoch > 0)
        throw new Error('ask for an epoch’s checkpoint before its event is left')
      return this.checkpoint()
    }
  }
}
