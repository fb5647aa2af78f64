import { optimizerText, type SessionInfo } from '@mnist-lab/backends'
import type { FitEvent, RunResult } from '@mnist-lab/train'
import { summary } from '@mnist-lab/models'
import { epochHeader, epochRow } from '@mnist-lab/report'
import type { RunFolder, Training, TrainingView } from '@mnist-lab/train/node'
import { duration, pathOf, programName, statusLine, type Terminal } from '@mnist-lab/terminal'
import { progressText } from './progress-text.js'

/** Milliseconds between two drawings of the progress bar. */
const REDRAW = 100
/** On a pipe, lines an epoch. */
const LINES_PER_EPOCH = 4

/** @param json only the run itself goes to `out`, at the end */
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
    } else if (isQuarter(event)) {
      err.write(`${progress.line(false)}\n`)
    }
  }
  return {
    clear: line.clear,
    warn(words) {
      line.clear()
      err.write(`${words}\n`)
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
          `interrupted; go on with: ${programName()} train --resume ${pathOf(folder.directory)}\n`,
        )
      if (json) out.write(`${JSON.stringify({ directory: folder.directory, ...run })}\n`)
    },
  }
}

function isQuarter({
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
  const { spec, plan, train, test, why, resume } = training
  const { parameters } = summary(spec).total
  return [
    `model    ${spec.name}, ${parameters.toLocaleString('en-US')} parameters`,
    `backend  ${why}: ${info.device}, ${info.simd}, ${info.threads} thread${info.threads === 1 ? '' : 's'}`,
    ...info.notes.map((note) => `         ${note}`),
    `data     ${train.name} ${train.count} images, ${test.name} ${test.count}`,
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

function outcome({ status, epochs }: RunResult, directory: string, milliseconds: number): string {
  const last = epochs.at(-1)
  const figures =
    last?.validation === undefined
      ? 'no epoch finished'
      : `test accuracy ${last.validation.accuracy.toFixed(4)}`
  const after = `${epochs.length} epoch${epochs.length === 1 ? '' : 's'}`
  return `\n${status} after ${after}: ${figures}, ${duration(milliseconds)}; weights in ${directory}/weights.safetensors`
}
