import type { StepEvent } from '@mnist-lab/train'
import type { CurvePoint, Post } from '../messages.ts'

/** The training time that becomes one point of the learning curves, in ms. */
const POINT_MS = 100
/** The training time over which the shown speed is averaged, in ms. */
const SPEED_WINDOW_MS = 1500

/**
 * Averages training steps into the points of the learning curves, about ten a second, and measures
 * the speed.
 */
export class CurvePoints {
  readonly #post: Post
  #loss = 0
  #correct = 0
  #steps = 0
  #images = 0
  #trainingMs = 0
  #recent: { ms: number; images: number; steps: number }[] = []
  #last: StepEvent | undefined
  #resumedAt = performance.now()

  constructor(post: Post) {
    this.#post = post
  }

  add(event: StepEvent): void {
    this.#trainingMs += performance.now() - this.#resumedAt
    this.#resumedAt = performance.now()
    this.#loss += event.loss
    this.#correct += event.correct
    this.#steps += 1
    this.#images += event.size
    this.#last = event
    if (this.#trainingMs >= POINT_MS) this.flush()
  }

  /**
   * Starts the clock of the next step. The time since the last step is not counted as training
   * time.
   */
  resumeClock(): void {
    this.#resumedAt = performance.now()
  }

  /** Posts the point of the steps since the last point, if there are any. */
  flush(): void {
    const last = this.#last
    if (last === undefined || this.#steps === 0) return
    this.#recent.push({ ms: this.#trainingMs, images: this.#images, steps: this.#steps })
    while (this.#recent.length > 1 && sum(this.#recent, 'ms') > SPEED_WINDOW_MS)
      this.#recent.shift()
    const ms = Math.max(sum(this.#recent, 'ms'), 0.01)
    const point: CurvePoint = {
      at: last.epoch - 1 + last.step / last.stepsPerEpoch,
      loss: this.#loss / this.#steps,
      accuracy: this.#correct / this.#images,
    }
    this.#post({
      type: 'steps',
      point,
      epoch: last.epoch,
      step: last.step,
      stepsPerEpoch: last.stepsPerEpoch,
      imagesPerSecond: (sum(this.#recent, 'images') / ms) * 1000,
      msPerStep: ms / sum(this.#recent, 'steps'),
    })
    this.#loss = this.#correct = this.#steps = this.#images = this.#trainingMs = 0
  }
}

function sum<Key extends string>(
  parts: readonly Readonly<Record<Key, number>>[],
  key: Key,
): number {
  return parts.reduce((total, part) => total + part[key], 0)
}
