import type { StepEvent } from '@mnist-lab/train'
import type { FromWorker, StepPoint } from '../messages.ts'

/** Milliseconds of steps that become one point of the curves. */
const EVERY = 100
/** Milliseconds that the speed shown is of. */
const RECENT = 1500

/** Puts steps together into as many points as a person can see. */
export class StepPoints {
  readonly #tell: (message: FromWorker) => void
  #loss = 0
  #correct = 0
  #steps = 0
  #images = 0
  #spent = 0
  #recent: { ms: number; images: number; steps: number }[] = []
  #last: StepEvent | undefined
  #mark = performance.now()

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell
  }

  add(event: StepEvent): void {
    this.#spent += performance.now() - this.#mark
    this.#mark = performance.now()
    this.#loss += event.loss
    this.#correct += event.correct
    this.#steps += 1
    this.#images += event.size
    this.#last = event
    if (this.#spent >= EVERY) this.flush()
  }

  /** Training goes on now: what came between was not its time. */
  mark(): void {
    this.#mark = performance.now()
  }

  flush(): void {
    const last = this.#last
    if (last === undefined || this.#steps === 0) return
    this.#recent.push({ ms: this.#spent, images: this.#images, steps: this.#steps })
    while (this.#recent.length > 1 && sum(this.#recent, 'ms') > RECENT) this.#recent.shift()
    const ms = Math.max(sum(this.#recent, 'ms'), 0.01)
    const point: StepPoint = {
      at: last.epoch - 1 + last.step / last.stepsPerEpoch,
      loss: this.#loss / this.#steps,
      accuracy: this.#correct / this.#images,
    }
    this.#tell({
      type: 'steps',
      points: [point],
      epoch: last.epoch,
      step: last.step,
      stepsPerEpoch: last.stepsPerEpoch,
      imagesPerSecond: (sum(this.#recent, 'images') / ms) * 1000,
      msPerStep: ms / sum(this.#recent, 'steps'),
    })
    this.#loss = this.#correct = this.#steps = this.#images = this.#spent = 0
  }
}

function sum<Key extends string>(
  parts: readonly Readonly<Record<Key, number>>[],
  key: Key,
): number {
  return parts.reduce((total, part) => total + part[key], 0)
}
