import type { Backend, SessionInfo, Trainer } from '@mnist-lab/backends'
import { machine, runtimeText } from '@mnist-lab/core/node'
import type { Weights } from '@mnist-lab/models'
import type { Checkpoint } from '../checkpoint.js'
import { evaluatePass } from '../evaluate.js'
import { type EndEvent, fit, type FitEvent } from '../fit.js'
import { passFigures } from '../pass.js'
import type { RunData } from '../run-data.js'
import { beginRun, type RunSetup } from '../run-files.js'
import type { PassFigures, RunResult } from '../run-schema.js'
import type { EarlyStopping, ScheduleSpec } from '../schedule.js'
import { DivergedError } from '../train-error.js'
import { RunEvents } from './run-events.js'
import type { RunFolder } from './run-folder.js'

/** Everything that a run needs, loaded and checked. Nothing has been written yet. */
export interface Training extends RunSetup, RunData {
  readonly train: RunData['train']
  readonly test: RunData['test']
  readonly weights: Weights
  readonly schedule?: ScheduleSpec
  readonly earlyStopping?: EarlyStopping
  readonly checkpointEvery?: number
  readonly backend: Backend
  /** The name of the backend and the reason for its choice, in one line. */
  readonly why: string
  /** Further entries of the run's environment. */
  readonly environment?: Readonly<Record<string, number>>
  /**
   * Creates the folder. It is called after the model has been compiled and all options have been
   * checked.
   */
  readonly folder: () => Promise<RunFolder>
}

/** Shows a run while it trains. */
export interface TrainingView {
  readonly start: (info: SessionInfo, folder: RunFolder) => void
  readonly event: (event: FitEvent) => void
  readonly end: (run: RunResult, folder: RunFolder) => void
  /** Shows a line that is not a result, such as a warning. */
  readonly warn: (words: string) => void
  /** Removes what is only shown while the run trains. */
  readonly clear: () => void
}

/**
 * Trains a run, writes its folder after every epoch and tells the view what happens.
 *
 * Where validation images were split off, the test images are evaluated once, after the last epoch.
 *
 * @param signal interrupts the run, which then has a checkpoint to resume from
 * @returns the contents of `run.json` after the run
 * @throws InputError when training diverges or the folder cannot be written; what was written
 *   before stays
 */
export async function runTraining(
  training: Training,
  view: TrainingView,
  signal: AbortSignal,
): Promise<RunResult> {
  const { spec, plan, weights, train, validation, test, backend, ...others } = training
  const { folder: createFolder, ...options } = others
  signal.throwIfAborted()
  const session = await backend.open()
  let curves: RunEvents | undefined
  let folder: RunFolder | undefined
  try {
    const trainer = await session.compile(spec, plan, weights)
    const events = fit({
      ...options,
      trainer,
      spec,
      plan,
      train,
      validation: validation ?? test,
      signal,
    })
    // The first event comes after all options have been checked. Only then the folder is created.
    const start = await events.next()
    folder = await createFolder()
    const record = new RunRecord(training, session.info, folder)
    view.start(session.info, folder)
    await record.begin()
    if (!start.done) {
      view.event(start.value)
      if (start.value.type === 'start') curves = await RunEvents.open(folder.directory, start.value)
    }
    let warned = false
    try {
      for await (const event of events) {
        view.event(event)
        await curves?.write(event)
        if (event.type === 'end') await record.end(event, training, trainer, signal)
        else await record.write(event)
        if (!warned && curves?.problem !== undefined) {
          warned = true
          view.warn(`the curves for TensorBoard are no longer written: ${curves.problem.message}`)
        }
      }
    } catch (error) {
      if (error instanceof DivergedError) await record.diverged()
      throw error
    }
    view.end(record.run, folder)
    return record.run
  } finally {
    try {
      view.clear()
      await curves?.close()
      await session.close()
    } finally {
      await folder?.release()
    }
  }
}

/** Writes the files of a run as its events come. */
class RunRecord {
  run: RunResult
  readonly #folder: RunFolder

  constructor(training: Training, info: SessionInfo, folder: RunFolder) {
    const { memoryBytes: _, runtime, ...here } = machine()
    this.#folder = folder
    this.run = beginRun(training, info, {
      ...here,
      runtime: runtimeText(runtime),
      ...training.environment,
      date: new Date().toISOString(),
    })
  }

  async begin(): Promise<void> {
    await this.#folder.writeRun(this.run)
  }

  /** Marks the run as diverged. The weights stay those of the last checkpoint. */
  async diverged(): Promise<void> {
    this.run = { ...this.run, status: 'diverged' }
    await this.#folder.writeRun(this.run)
  }

  async write(event: FitEvent): Promise<void> {
    if (event.type === 'checkpoint') await this.#save(event.checkpoint)
    if (event.type === 'epoch') await this.#save(await event.checkpoint())
  }

  /**
   * Evaluates the test images where they have not served as validation images, and writes how the
   * run ended.
   */
  async end(
    { reason, checkpoint }: EndEvent,
    { validation, test, plan }: Training,
    trainer: Trainer,
    signal: AbortSignal,
  ): Promise<void> {
    let figures: PassFigures | undefined
    if (validation !== undefined && reason !== 'aborted') {
      const sums = await evaluatePass(trainer, test, { batchSize: plan.batchSize, signal })
      figures = sums && passFigures(sums)
    }
    // Aborted during this evaluation, the run is interrupted: resuming it does the evaluation
    // again.
    const complete = reason !== 'aborted' && (validation === undefined || figures !== undefined)
    this.run = {
      ...this.run,
      status: complete ? reason : 'interrupted',
      ...(figures === undefined ? {} : { test: figures }),
    }
    await this.#save(checkpoint)
  }

  /**
   * Writes the checkpoint first, because weights and run.json can be restored from it, but not the
   * other way round.
   */
  async #save(checkpoint: Checkpoint): Promise<void> {
    await this.#folder.writeCheckpoint(checkpoint)
    await this.#folder.writeWeights(checkpoint.state.weights)
    this.run = { ...this.run, epochs: [...checkpoint.history] }
    await this.#folder.writeRun(this.run)
  }
}
