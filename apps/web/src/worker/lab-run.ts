import type { Backend, Session, Trainer } from '@mnist-lab/backends'
import {
  beginRun,
  type Checkpoint,
  DivergedError,
  encodeRun,
  fit,
  type FitEvent,
  type RunResult,
  TrainError,
} from '@mnist-lab/train'
import type { FromWorker, Post } from '../messages.ts'
import { CurvePoints } from './curve-points.ts'
import { Inspector } from './inspector.ts'
import type { RunStart } from './run-start.ts'

type Saved = FromWorker & { readonly type: 'saved' }

/** A save that waits for the training to reach a checkpoint. */
interface PendingSave {
  readonly resolve: (saved: Saved) => void
  readonly reject: (reason: unknown) => void
}

/**
 * The current run of the page, on an opened backend. A pause ends `fit` with a checkpoint, from
 * which the run continues with bit-for-bit identical results. Every state can therefore be saved,
 * in the files that `mnist train` writes.
 */
export class LabRun {
  readonly #start: RunStart
  readonly #session: Session
  readonly #trainer: Trainer
  readonly #post: Post
  readonly #inspector: Inspector
  #result: RunResult
  #checkpoint: Checkpoint | undefined
  /** Ends the present call of `fit`; undefined while the run does not train. */
  #abort: AbortController | undefined
  #pauseRequested = false
  #pendingSaves: PendingSave[] = []
  /**
   * The inspection that is running while the run does not train. Calls of a trainer must not
   * overlap.
   */
  #inspection: Promise<void> = Promise.resolve()

  /** Opens the backend, compiles the model and posts the run to the page. */
  static async open(backend: Backend, start: RunStart, post: Post): Promise<LabRun> {
    const session = await backend.open()
    try {
      const trainer = await session.compile(start.spec, start.plan, start.weights)
      return new LabRun(start, session, trainer, post)
    } catch (error) {
      await session.close()
      throw error
    }
  }

  private constructor(start: RunStart, session: Session, trainer: Trainer, post: Post) {
    const { spec, plan, test, checkpoint } = start
    this.#start = start
    this.#session = session
    this.#trainer = trainer
    this.#post = post
    this.#checkpoint = checkpoint
    this.#inspector = new Inspector({ trainer, spec, test, batchSize: plan.batchSize, post })
    const result = beginRun(
      { ...start, ...(checkpoint === undefined ? {} : { resume: checkpoint }) },
      session.info,
      browserEnvironment(),
    )
    this.#result = { ...result, status: start.status ?? result.status }
    post({
      type: 'run',
      run: this.#result,
      info: session.info,
      hasCheckpoint: checkpoint !== undefined,
    })
  }

  /**
   * Trains until the run has `epochs` epochs or is paused. Saves in between do not end the
   * training.
   */
  async train(epochs = this.#start.epochs): Promise<void> {
    this.#pauseRequested = false
    // From now on inspections and saves wait for the training to take them between two steps.
    this.#abort = new AbortController()
    try {
      await this.#inspection
      const points = new CurvePoints(this.#post)
      while ((await this.#fit(epochs, points)) === 'aborted' && !this.#pauseRequested) {
        this.#answerSaves()
        this.#abort = new AbortController()
      }
      points.flush()
    } catch (error) {
      const status = error instanceof DivergedError ? 'diverged' : 'interrupted'
      this.#result = { ...this.#result, status }
      throw error
    } finally {
      this.#abort = undefined
      this.#answerSaves()
      this.#post({
        type: 'ended',
        run: this.#result,
        hasCheckpoint: this.#checkpoint !== undefined,
      })
    }
    // The image may have changed after the last step.
    await this.predictInput()
  }

  async #fit(epochs: number, points: CurvePoints): Promise<'aborted' | 'ended'> {
    const { spec, plan, train, test } = this.#start
    const events = fit({
      trainer: this.#trainer,
      spec,
      plan,
      train,
      validation: test,
      epochs,
      signal: this.#abort!.signal,
      ...(this.#checkpoint === undefined ? {} : { resume: this.#checkpoint }),
    })
    for await (const event of events) await this.#handle(event, epochs, points)
    return this.#result.status === 'interrupted' ? 'aborted' : 'ended'
  }

  async #handle(event: FitEvent, epochs: number, points: CurvePoints): Promise<void> {
    switch (event.type) {
      case 'start': {
        this.#result = { ...this.#result, status: 'running', epochsPlanned: epochs }
        const stepsDone = event.resumedAt?.stepInEpoch === event.stepsPerEpoch
        this.#post({ type: 'phase', phase: stepsDone ? 'evaluating' : 'training' })
        points.resumeClock()
        break
      }
      case 'step':
        points.add(event)
        await this.#inspector.sample()
        points.resumeClock()
        if (event.step === event.stepsPerEpoch) this.#post({ type: 'phase', phase: 'evaluating' })
        break
      case 'epoch':
        points.flush()
        await this.#inspector.predictAll()
        this.#post({ type: 'epoch', figures: event.figures })
        this.#post({ type: 'phase', phase: 'training' })
        points.resumeClock()
        break
      case 'end':
        this.#checkpoint = event.checkpoint
        this.#result = {
          ...this.#result,
          status: event.reason === 'aborted' ? 'interrupted' : event.reason,
          epochs: [...event.epochs],
        }
        break
      case 'checkpoint':
        break
    }
  }

  /** Ends the training after the current step. */
  pause(): void {
    this.#pauseRequested = true
    this.#abort?.abort()
  }

  /**
   * Returns the run's files. A run that trains continues training afterwards.
   *
   * @throws TrainError when the run has no checkpoint, and does not train
   */
  save(): Promise<Saved> {
    return new Promise((resolve, reject) => {
      this.#pendingSaves.push({ resolve, reject })
      if (this.#abort === undefined) this.#answerSaves()
      else this.#abort.abort()
    })
  }

  #answerSaves(): void {
    for (const { resolve, reject } of this.#pendingSaves.splice(0)) {
      if (this.#checkpoint === undefined) {
        reject(
          new TrainError({ where: 'run', what: 'it has no checkpoint', hint: 'train it first' }),
        )
        continue
      }
      resolve({
        type: 'saved',
        name: this.#start.spec.name,
        files: encodeRun(this.#result, this.#checkpoint),
      })
    }
  }

  /** Posts everything that the page shows of a model. The run must not train. */
  inspect(): Promise<void> {
    return this.#afterInspection(async () => {
      await this.#inspector.postFilters()
      await this.#inspector.predictInput()
      await this.#inspector.predictAll()
    })
  }

  setInput(image: Uint8Array | undefined): void {
    this.#inspector.setInput(image)
  }

  /** Posts the prediction of the image to classify. A run that trains does it between two steps. */
  predictInput(): Promise<void> {
    if (this.#abort !== undefined) return Promise.resolve()
    return this.#afterInspection(() => this.#inspector.predictInput())
  }

  async close(): Promise<void> {
    await this.#inspection
    await this.#session.close()
  }

  #afterInspection(work: () => Promise<void>): Promise<void> {
    const done = this.#inspection.then(work)
    this.#inspection = done.catch(() => undefined)
    return done
  }
}

/** Returns the browser and the machine, as far as a page can know them. */
function browserEnvironment(): RunResult['environment'] {
  return {
    userAgent: navigator.userAgent,
    cores: navigator.hardwareConcurrency,
    date: new Date().toISOString(),
  }
}
