import { printable } from '@mnist-lab/core'
import { costs } from '@mnist-lab/models'
import { duration, statusLine, type Terminal } from '@mnist-lab/terminal'
import type { PassFigures } from '@mnist-lab/train'
import type { PlannedRun } from '../plan.js'
import type { FromJob } from './job.js'
import type { Study, StudyView } from './run-study.js'

/**
 * Prints the progress of a study: one line per finished run, and the remaining time. On a terminal
 * a status line shows the runs in progress. In a pipe there is one line per epoch.
 */
export function studyView(
  { plan, settings, jobs }: Study,
  { out, err }: Terminal,
): StudyView & { readonly clear: () => void } {
  const line = statusLine(err)
  const workOf = (run: PlannedRun) => costs(run.spec).total.multiplyAdds * settings.epochs
  const remaining = new RemainingTime(() => performance.now())
  const running = new Map<PlannedRun, number>()
  let finished = 0
  const left = () => {
    const ms = remaining.estimate(jobs)
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
        if (states.get(run) !== 'finished') remaining.add(run, workOf(run), run.timed)
      text(
        [
          `${plan.length} runs of ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}`,
          ...(finished > 0 ? [`${finished} already finished`] : []),
          ...(begun > 0 ? [`${begun} to resume`] : []),
        ].join(', '),
      )
    },
    begin(run) {
      running.set(run, 1)
      remaining.begin(run)
      show()
    },
    hear(run, message) {
      if (message.type === 'steps') {
        remaining.progress(run, message.done / (message.stepsPerEpoch * settings.epochs))
        running.set(run, Math.ceil(message.done / message.stepsPerEpoch))
      }
      if (message.type === 'epoch' && !line.live)
        err.write(`${head()} ${nameOf(run)}  ${epochText(message, settings.epochs)}${left()}\n`)
      if (message.type === 'warning') {
        line.clear()
        err.write(`${nameOf(run)}: ${printable(message.text)}\n`)
      }
      if (
        message.type === 'finished' ||
        message.type === 'diverged' ||
        message.type === 'interrupted' ||
        message.type === 'refused'
      ) {
        remaining.end(run)
        running.delete(run)
      }
      if (message.type === 'finished' || message.type === 'diverged') {
        finished++
        text(
          `${head()} ${nameOf(run)}${message.type === 'diverged' ? `: training diverged (${printable(message.text)})` : ''}`,
        )
      }
      show()
    },
  }
}

/** Names a run: `lenet5, seed 1` or `lenet5, softmax once, seed 1`. */
function nameOf({ variant, loss, seed }: Pick<PlannedRun, 'variant' | 'loss' | 'seed'>): string {
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

interface Task {
  readonly work: number
  /** Whether no other task runs at the same time. */
  readonly alone: boolean
  /** The share that is done. */
  share: number
  /** The share that was done before the task began here, or undefined before the first report. */
  from: number | undefined
  /** When the task began, in milliseconds, or undefined while it is not running. */
  begun: number | undefined
  /** Says how long a task that has ended ran, in milliseconds. */
  spent: number
}

/** Estimates the remaining time of tasks of known size from the speed of the work done so far. */
class RemainingTime {
  readonly #now: () => number
  readonly #tasks = new Map<unknown, Task>()

  /** @param now returns the time in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @param work the size of the task, in the same unit for all tasks */
  add(key: unknown, work: number, alone: boolean): void {
    this.#tasks.set(key, { work, alone, share: 0, from: undefined, begun: undefined, spent: 0 })
  }

  begin(key: unknown): void {
    this.#tasks.get(key)!.begun = this.#now()
  }

  /**
   * @param share the share of the task that is done, including what was done before it began here
   */
  progress(key: unknown, share: number): void {
    const task = this.#tasks.get(key)!
    // The first report tells how much was done before. The time until then was start-up.
    if (task.from === undefined) {
      task.from = share
      task.begun = this.#now()
    }
    task.share = share
  }

  end(key: unknown): void {
    const task = this.#tasks.get(key)!
    if (task.from !== undefined && task.begun !== undefined) task.spent = this.#now() - task.begun
    task.begun = undefined
  }

  /**
   * Estimates the time until all tasks are done.
   *
   * @param atOnce how many tasks run at the same time, except those that run alone
   * @returns milliseconds, or undefined before the first progress
   */
  estimate(atOnce: number): number | undefined {
    const now = this.#now()
    let [work, spent, alone, shared] = [0, 0, 0, 0]
    for (const task of this.#tasks.values()) {
      const rest = task.work * (1 - task.share)
      if (task.alone) alone += rest
      else shared += rest
      if (task.from === undefined) continue
      work += task.work * (task.share - task.from)
      spent += task.begun === undefined ? task.spent : now - task.begun
    }
    return work <= 0 ? undefined : (alone + shared / Math.max(1, atOnce)) * (spent / work)
  }
}
