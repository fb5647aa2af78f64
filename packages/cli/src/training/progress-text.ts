import { duration } from '@mnist-lab/terminal'
import { addBatch, emptyPass, passFigures, type StepEvent } from '@mnist-lab/train'
import { significant } from '@mnist-lab/report'

const BAR_WIDTH = 20

/** Sums up the steps that it is told of into lines like `epoch 2/3 ████████ 1234/1875  loss 0.123 …`. */
export interface ProgressText {
  readonly add: (event: StepEvent) => void
  /** Steps begin now: what came before, evaluation, is not their time. */
  readonly mark: () => void
  /** @param bar whether to draw the share of the epoch that is done */
  readonly line: (bar: boolean) => string
}

/** @param epochs of the run @param now milliseconds */
export function progressText(epochs: number, now: () => number): ProgressText {
  let marked = now()
  let spent = 0
  let steps = 0
  let last: StepEvent | undefined
  let pass = emptyPass()
  return {
    add(event) {
      pass = addBatch(event.epoch === last?.epoch ? pass : emptyPass(), event, event.size)
      last = event
      steps++
      spent += now() - marked
      marked = now()
    },
    mark() {
      marked = now()
    },
    line(bar) {
      if (last === undefined) return ''
      const { epoch, step, stepsPerEpoch } = last
      const { loss, accuracy } = passFigures(pass)
      const msPerStep = spent / steps
      const left = ((epochs - epoch + 1) * stepsPerEpoch - step) * msPerStep
      const done = Math.round((step / stepsPerEpoch) * BAR_WIDTH)
      return [
        `epoch ${epoch}/${epochs}`,
        ...(bar ? ['█'.repeat(done) + '░'.repeat(BAR_WIDTH - done)] : []),
        `${step}/${stepsPerEpoch}`,
        `loss ${loss.toFixed(4)}`,
        `acc ${accuracy.toFixed(4)}`,
        `${significant(msPerStep)} ms/step`,
        `${duration(left)} left`,
      ].join('  ')
    },
  }
}
