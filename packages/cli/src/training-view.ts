import { optimizerText, type SessionInfo } from '@mnist-lab/backends'
import { printable, printableJson } from '@mnist-lab/core'
import { summary } from '@mnist-lab/models'
import { epochHeader, epochRow, significant } from '@mnist-lab/report'
import { duration, pathOf, programName, statusLine, type Terminal } from '@mnist-lab/terminal'
import {
  addBatch,
  emptyPass,
  type FitEvent,
  passFigures,
  type RunResult,
  type StepEvent,
} from '@mnist-lab/train'
import type { RunFolder, Training, TrainingView } from '@mnist-lab/train/node'

/** The time between two drawings of the progress bar, in milliseconds. */
const REDRAW = 100
/** The number of lines of progress in an epoch when stderr is not a terminal. */
const LINES_PER_EPOCH = 4
/** The width of the progress bar, in characters. */
const BAR_WIDTH = 20

/**
 * Returns the view of `mnist train`: the settings, a progress bar (on a pipe: lines), a table row
 * for each epoch and the result.
 *
 * @param json whether `out` gets the run as JSON, at the end, instead of text
 */
export function trainingView(
  training: Training,
  { out, err }: Terminal,
  json: boolean,
): TrainingView {
  const line = statusLine(err)
  const progress = progressText(training.epochs, () => performance.now())
  const text = (words: string) => {
    line.clear()
    if (!json) out.write(`${words}\n`)
  }
  const begin = performance.now()
  let drawn = Number.NEGATIVE_INFINITY
  const drawStep = (event: FitEvent & { type: 'step' }) => {
    progress.add(event)
    if (line.live) {
      if (performance.now() - drawn < REDRAW) return
      drawn = performance.now()
      line.show(progress.line(true))
    } else if (isProgressLine(event)) {
      err.write(`${progress.line(false)}\n`)
    }
  }
  return {
    clear: line.clear,
    warn(words) {
      line.clear()
      err.write(`${printable(words)}\n`)
    },
    start: (info, folder) => text(setUp(training, info, folder)),
    event(event) {
      if (event.type === 'step') drawStep(event)
      else progress.mark()
      if (event.type === 'epoch') text(epochRow(event.figures))
    },
    end(run, folder) {
      text(outcome(run, pathOf(folder.directory), performance.now() - begin))
      if (run.status === 'interrupted')
        err.write(
          `interrupted; resume with: ${programName()} train --resume ${pathOf(folder.directory)}\n`,
        )
      if (json) out.write(`${printableJson({ directory: folder.directory, ...run })}\n`)
    },
  }
}

function isProgressLine({
  step,
  stepsPerEpoch,
}: {
  readonly step: number
  readonly stepsPerEpoch: number
}): boolean {
  const quarters = (steps: number) => Math.floor((steps * LINES_PER_EPOCH) / stepsPerEpoch)
  return quarters(step) > quarters(step - 1)
}

function setUp(training: Training, info: SessionInfo, folder: RunFolder): string {
  const { spec, plan, train, validation, test, why, resume } = training
  const { parameters } = summary(spec).total
  return [
    `model    ${printable(spec.name)}, ${parameters.toLocaleString('en-US')} parameters`,
    `backend  ${why}: ${printable(info.device)}, ${info.simd}, ${info.threads} thread${info.threads === 1 ? '' : 's'}`,
    ...info.notes.map((note) => `         ${printable(note)}`),
    validation === undefined
      ? `data     ${printable(train.name)} ${train.count} images, ${printable(test.name)} ${test.count}`
      : `data     ${printable('dataset' in train ? train.dataset.name : train.name)} ${train.count} images, ` +
        `${validation.count} more for validation, ${printable(test.name)} ${test.count}`,
    `plan     batch ${plan.batchSize}, ${optimizerText(plan.optimizer)}; ` +
      `${plan.loss}; seed ${plan.seed}`,
    `folder   ${pathOf(folder.directory)}${folder.movedTo === undefined ? '' : `; the earlier run is in ${pathOf(folder.movedTo)}`}`,
    ...(resume === undefined
      ? []
      : [`resumed  in epoch ${resume.epoch}, after ${resume.stepInEpoch} of its steps`]),
    '',
    epochHeader(),
    ...(resume?.history ?? []).map((figures) => epochRow(figures)),
  ].join('\n')
}

function outcome(
  { status, epochs, test, dataset }: RunResult,
  directory: string,
  milliseconds: number,
): string {
  const accuracy = epochs.at(-1)?.validation?.accuracy.toFixed(4)
  const figures =
    accuracy === undefined
      ? 'no epoch finished'
      : dataset.validationFrom === undefined
        ? `test accuracy ${accuracy}`
        : `validation accuracy ${accuracy}${test === undefined ? '' : `, test accuracy ${test.accuracy.toFixed(4)}`}`
  const after = `${epochs.length} epoch${epochs.length === 1 ? '' : 's'}`
  return `\n${status} after ${after}: ${figures}, ${duration(milliseconds)}; weights in ${directory}/weights.safetensors`
}

/**
 * Summarises the steps of an epoch in a line such as `epoch 2/3 ████████ 1234/1875  loss 0.123 …`.
 */
export interface ProgressText {
  readonly add: (event: StepEvent) => void
  /**
   * Marks the beginning of a step, so that the time before it, such as an evaluation, is not
   * counted.
   */
  readonly mark: () => void
  /** Returns the line. @param bar whether to draw a bar of the part of the epoch that is done */
  readonly line: (bar: boolean) => string
}

/**
 * Returns the progress of a run with this number of epochs.
 *
 * @param now returns milliseconds
 */
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
