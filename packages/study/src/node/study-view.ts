import type { PassFigures } from '@mnist-lab/train'
import { costs } from '@mnist-lab/models'
import { duration, statusLine, type Terminal } from '@mnist-lab/terminal'
import type { FromJob } from './job.js'
import type { Study, StudyView } from './run-study.js'
import type { PlannedRun } from '../study-plan.js'
import { WorkClock } from './work-clock.js'

/** A line a finished run; on a terminal the runs in progress below it, on a pipe a line an epoch. All with the time left. */
export function studyView(
  { plan, settings, jobs }: Study,
  { out, err }: Terminal,
): StudyView & { readonly clear: () => void } {
  const line = statusLine(err)
  const workOf = (run: PlannedRun) => costs(run.spec).total.multiplyAdds * settings.epochs
  const clock = new WorkClock(() => performance.now())
  const running = new Map<PlannedRun, number>()
  let finished = 0
  const left = () => {
    const ms = clock.left(jobs)
    return ms === undefined ? '' : `  ${duration(ms)} left`
  }
  const head = () => `[${finished}/${plan.length}]`
  const show = () => {
    const names = Array.from(
      running,
      ([run, epoch]) => `${nameOf(run)} ${epoch}/${settings.epochs}`,
    )
    line.show(`${head()} ${names.join(', ')}${left()}`)
  }
  const text = (words: string) => {
    line.clear()
    out.write(`${words}\n`)
  }
  return {
    clear: line.clear,
    start(states) {
      const count = (state: string) => plan.filter((run) => states.get(run) === state).length
      finished = count('finished')
      const begun = count('begun')
      for (const run of plan)
        if (states.get(run) !== 'finished') clock.add(run, workOf(run), run.timed)
      text(
        [
          `${plan.length} runs of ${settings.epochs} epochs`,
          ...(finished > 0 ? [`${finished} finished before`] : []),
          ...(begun > 0 ? [`${begun} to be gone on with`] : []),
        ].join(', '),
      )
    },
    begin(run) {
      running.set(run, 1)
      clock.begin(run)
      show()
    },
    hear(run, message) {
      if (message.type === 'steps') {
        clock.progress(run, message.done / (message.stepsPerEpoch * settings.epochs))
        running.set(run, Math.ceil(message.done / message.stepsPerEpoch))
      }
      if (message.type === 'epoch' && !line.live)
        err.write(`${head()} ${nameOf(run)}  ${epochText(message, settings.epochs)}${left()}\n`)
      if (message.type === 'warning') {
        line.clear()
        err.write(`${nameOf(run)}: ${message.text}\n`)
      }
      if (
        message.type === 'finished' ||
        message.type === 'diverged' ||
        message.type === 'interrupted' ||
        message.type === 'refused'
      ) {
        clock.end(run)
        running.delete(run)
      }
      if (message.type === 'finished' || message.type === 'diverged') {
        finished++
        text(
          `${head()} ${nameOf(run)}${message.type === 'diverged' ? `: training diverged (${message.text})` : ''}`,
        )
      }
      show()
    },
  }
}

/** `lenet5, seed 1`; `lenet5, softmax once, seed 1` */
export function nameOf({
  variant,
  loss,
  seed,
}: Pick<PlannedRun, 'variant' | 'loss' | 'seed'>): string {
  return `${variant}${loss === 'softmaxCrossEntropy' ? ', softmax once' : ''}, seed ${seed}`
}

function epochText(
  { figures: { epoch, train, validation } }: FromJob & { type: 'epoch' },
  epochs: number,
): string {
  const pass = (name: string, of: PassFigures | undefined) =>
    of === undefined
      ? []
      : [`${name} loss ${of.batchLossPerSample.toFixed(4)} acc ${of.accuracy.toFixed(4)}`]
  return [
    `epoch ${epoch}/${epochs}`,
    ...pass('train', train),
    ...pass('validation', validation),
  ].join('  ')
}
