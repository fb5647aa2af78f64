import { fileError } from '@mnist-lab/core/node'
import { openEventFile, type EventFile } from '@mnist-lab/tensorboard/node'
import { join } from 'node:path'
import type { FitEvent, StartEvent } from '../fit.js'
import type { PassFigures } from '../run-schema.js'

/** The time, in milliseconds, after which new points of a curve become visible in TensorBoard. */
const FLUSH_AFTER = 2000
/** The subfolders of a run, each of which TensorBoard shows as a run of its own. */
const PARTS = ['train', 'validation'] as const

/**
 * Writes the curves of a run for TensorBoard, into `train/` and `validation/` of its folder, which
 * TensorBoard draws in one chart.
 *
 * Every step has `batch/loss`, `batch/accuracy` and `batch/learning_rate`. Every epoch has
 * `epoch/loss`, `epoch/accuracy` and `epoch/learning_rate`. All of them are plotted over the number
 * of training steps. A run that resumes removes the points of the steps after its checkpoint.
 *
 * The curves repeat the figures of `run.json`, so a run continues without them when they cannot be
 * written.
 */
export class RunEvents {
  readonly #stepsPerEpoch: number
  /** The files for training and for validation. Empty when they could not be created. */
  readonly #files: readonly EventFile[]
  readonly #refused: Error | undefined
  readonly #directory: string
  #flushed = Date.now()

  private constructor(
    directory: string,
    stepsPerEpoch: number,
    files: readonly EventFile[],
    refused?: Error,
  ) {
    this.#directory = directory
    this.#stepsPerEpoch = stepsPerEpoch
    this.#files = files
    this.#refused = refused
  }

  /** Opens the files of a run. Where they cannot be created, {@link problem} says why. */
  static async open(
    directory: string,
    { stepsPerEpoch, resumedAt }: StartEvent,
  ): Promise<RunEvents> {
    const options =
      resumedAt === undefined
        ? {}
        : { resumedAtStep: (resumedAt.epoch - 1) * stepsPerEpoch + resumedAt.stepInEpoch + 1 }
    const files: EventFile[] = []
    try {
      for (const part of PARTS) files.push(await openEventFile(join(directory, part), options))
      return new RunEvents(directory, stepsPerEpoch, files)
    } catch (cause) {
      for (const file of files) await file.close()
      const folder = join(directory, PARTS[files.length]!)
      return new RunEvents(directory, stepsPerEpoch, [], fileError(folder, cause))
    }
  }

  /** The reason why the curves are not written, or are no longer written. */
  get problem(): Error | undefined {
    if (this.#refused !== undefined) return this.#refused
    const at = this.#files.findIndex(({ problem }) => problem !== undefined)
    return at < 0
      ? undefined
      : fileError(join(this.#directory, PARTS[at]!), this.#files[at]!.problem)
  }

  /**
   * Writes an event. Call it before the run is saved, so that the curves have every step before a
   * checkpoint.
   */
  async write(event: FitEvent): Promise<void> {
    if (event.type === 'step') {
      const { epoch, step, stepsPerEpoch, loss, correct, size, learningRate } = event
      this.#files[0]?.add((epoch - 1) * stepsPerEpoch + step, {
        'batch/loss': loss,
        'batch/accuracy': correct / size,
        'batch/learning_rate': learningRate,
      })
      if (Date.now() - this.#flushed < FLUSH_AFTER) return
    } else if (event.type === 'epoch') {
      const { epoch, train, validation, learningRate } = event.figures
      const step = epoch * this.#stepsPerEpoch
      this.#files[0]?.add(step, { ...scalars(train), 'epoch/learning_rate': learningRate })
      if (validation !== undefined) this.#files[1]?.add(step, scalars(validation))
    }
    await this.#flush()
  }

  /** Closes the files. */
  async close(): Promise<void> {
    for (const file of this.#files) await file.close()
  }

  async #flush(): Promise<void> {
    for (const file of this.#files) await file.flush()
    this.#flushed = Date.now()
  }
}

function scalars({ loss, accuracy }: PassFigures): Record<string, number> {
  return { 'epoch/loss': loss, 'epoch/accuracy': accuracy }
}
