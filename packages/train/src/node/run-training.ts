import type { SessionInfo } from '@mnist-lab/backends'
import type { RunResult } from '../run-result.js'
import { beginRun } from '../begin-run.js'
import { type Checkpoint } from '../checkpoint.js'
import { DivergedError } from '../train-error.js'
import { fit } from '../fit.js'
import { type FitEvent } from '../events.js'
import type { RunFolder } from './run-folder.js'
import { machine } from '@mnist-lab/core/node'
import { RunEvents } from './run-events.js'
import type { Training } from './training.js'

/** What `mnist train` shows: the set-up, a bar (on a pipe: lines), a table row an epoch, the outcome. */
export interface TrainingView {
  readonly start: (info: SessionInfo, folder: RunFolder) => void
  readonly event: (event: FitEvent) => void
  readonly end: (run: RunResult, folder: RunFolder) => void
  /** A line to stderr. */
  readonly warn: (words: string) => void
  /** Leaves the terminal as the next writer expects it. */
  readonly clear: () => void
}

/**
 * Trains, writes the run's folder as it goes on and shows what happens.
 *
 * @param signal interrupts the run, which then has a checkpoint to go on from
 * @returns the run as it ended
 * @throws InputError when training diverges or the folder cannot be written; what was written before stays
 */
export async function runTraining(
  training: Training,
  view: TrainingView,
  signal: AbortSignal,
): Promise<RunResult> {
  const { spec, plan, weights, train, test, backend, folder: makeFolder, ...options } = training
  signal.throwIfAborted()
  const session = await backend.open()
  let curves: RunEvents | undefined
  try {
    const trainer = await session.compile(spec, plan, weights)
    const events = fit({ ...options, trainer, spec, plan, train, validation: test, signal })
    // Its first event comes when all options have been checked; only then the folder is made.
    const start = await events.next()
    const folder = await makeFolder()
    const record = new RunRecord(training, session.info, folder)
    view.start(session.info, folder)
    await record.begin()
    if (!start.done) {
      view.event(start.value)
      if (start.value.type === 'start') curves = await RunEvents.open(folder.directory, start.value)
    }
    let told = false
    try {
      for await (const event of events) {
        view.event(event)
        await curves?.keep(event)
        await record.keep(event)
        if (!told && curves?.problem !== undefined) {
          told = true
          view.warn(`no more curves for TensorBoard are written: ${curves.problem.message}`)
        }
      }
    } catch (error) {
      if (error instanceof DivergedError) await record.diverged()
      throw error
    }
    view.end(record.run, folder)
    return record.run
  } finally {
    view.clear()
    await curves?.close()
    await session.close()
  }
}

/** The files of a run, kept in step with its events. */
class RunRecord {
  run: RunResult
  readonly #folder: RunFolder

  constructor(training: Training, info: SessionInfo, folder: RunFolder) {
    const { memoryBytes: _, ...here } = machine()
    this.#folder = folder
    this.run = beginRun(training, info, {
      ...here,
      ...training.environment,
      date: new Date().toISOString(),
    })
  }

  async begin(): Promise<void> {
    await this.#folder.writeRun(this.run)
  }

  /** The weights stay those of the last checkpoint. */
  async diverged(): Promise<void> {
    this.run = { ...this.run, status: 'diverged' }
    await this.#folder.writeRun(this.run)
  }

  async keep(event: FitEvent): Promise<void> {
    if (event.type === 'checkpoint') await this.#save(event.checkpoint)
    if (event.type === 'epoch') await this.#save(await event.checkpoint())
    if (event.type === 'end') {
      this.run = { ...this.run, status: event.reason === 'aborted' ? 'interrupted' : event.reason }
      await this.#save(event.checkpoint)
    }
  }

  /** The checkpoint first: weights and run.json can be had from it, and it from nothing. */
  async #save(checkpoint: Checkpoint): Promise<void> {
    await this.#folder.writeCheckpoint(checkpoint)
    await this.#folder.writeWeights(checkpoint.state.weights)
    this.run = { ...this.run, epochs: [...checkpoint.history] }
    await this.#folder.writeRun(this.run)
  }
}
