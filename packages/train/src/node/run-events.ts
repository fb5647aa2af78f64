import { openEventFile, type EventFile } from '@mnist-lab/tensorboard/node'
import type { FitEvent, StartEvent } from '../events.js'
import type { PassFigures } from '../run-result.js'
import { join } from 'node:path'

/** Milliseconds after which a curve that is being looked at goes on. */
const FLUSH_AFTER = 2000
/** Folders in the run's, which TensorBoard shows as runs of their own. */
const PARTS = ['train', 'validation'] as const

/**
 * A run's curves for TensorBoard, in `train/` and `validation/` of its folder, which it shows in one chart: of every step `batch/loss`,
 * `batch/accuracy` and `batch/learning_rate`, of every epoch `epoch/loss`, `epoch/accuracy` and `epoch/learning_rate`, all by the number
 * of training steps. A run that goes on drops what was written of steps after its checkpoint.
 *
 * They are a copy of what `run.json` has: if they cannot be written, the run goes on without them.
 */
export class RunEvents {
  readonly #stepsPerEpoch: number
  /** Of training and of validation; none when they could not be made. */
  readonly #files: readonly EventFile[]
  readonly #refused: Error | undefined
  #flushed = Date.now()

  private constructor(stepsPerEpoch: number, files: readonly EventFile[], refused?: Error) {
    this.#stepsPerEpoch = stepsPerEpoch
    this.#files = files
    this.#refused = refused
  }

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
      return new RunEvents(stepsPerEpoch, files)
    } catch (cause) {
      for (const file of files) await file.close()
      return new RunEvents(
        stepsPerEpoch,
        [],
        cause instanceof Error ? cause : new Error(String(cause)),
      )
    }
  }

  /** Why they are not written, or not any more. */
  get problem(): Error | undefined {
    return this.#refused ?? this.#files.find(({ problem }) => problem !== undefined)?.problem
  }

  /** Keeps an event; before the run is saved, so that a checkpoint never is of a step that the curves lack. */
  async keep(event: FitEvent): Promise<void> {
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
