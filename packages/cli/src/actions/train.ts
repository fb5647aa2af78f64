import { INTERRUPTED, UsageError } from '@mnist-lab/terminal'
import { continuedRun, runTraining } from '@mnist-lab/train/node'
import type { CommandContext } from '../commands/command.js'
import { namedData } from '../data-options.js'
import { freshRun } from '../fresh-run.js'
import type { TrainFlags } from '../train-flags.js'
import { trainingView } from '../training-view.js'

/**
 * The flags that cannot change when a run resumes, because its figures would then mix two
 * experiments.
 */
const FIXED = {
  batch: '--batch',
  lr: '--lr',
  momentum: '--momentum',
  nesterov: '--nesterov',
  weightDecay: '--weight-decay',
  loss: '--loss',
  schedule: '--schedule',
  validation: '--validation',
  patience: '--patience',
  initialWeights: '--initial-weights',
  seed: '--seed',
  limit: '--limit',
  out: '--out',
  classes: '--classes',
  transpose: '--transpose',
} as const satisfies Partial<Record<keyof TrainFlags, string>>

/** Refuses a flag that would change a run that resumes. @throws UsageError */
function refuseFixed(flags: TrainFlags): void {
  const fixed = Object.keys(FIXED).find((key) => Object.hasOwn(flags, key)) as
    keyof typeof FIXED | undefined
  if (fixed !== undefined) {
    throw new UsageError({
      where: FIXED[fixed],
      what: 'a run resumes with the settings that it began with',
      hint: 'leave the flag out, or train again from the beginning',
    })
  }
}

/** Trains a model from the beginning, or resumes a run. */
export async function trainModel(
  model: string | undefined,
  flags: TrainFlags,
  { terminal, done }: CommandContext,
): Promise<void> {
  if ((model === undefined) === (flags.resume === undefined)) {
    throw new UsageError({
      where: 'mnist train',
      expected: 'either a model or --resume RUN',
      got: model === undefined ? 'neither' : 'both',
      hint: 'see mnist train --help',
    })
  }
  if (model === undefined) refuseFixed(flags)
  const training =
    model === undefined
      ? await continuedRun(flags.resume!, {
          ...flags,
          data: (await namedData(flags, terminal)).path,
        })
      : await freshRun(model, flags, terminal)
  const view = trainingView(training, terminal, flags.json === true)
  const { status } = await runTraining(training, view, terminal.signal)
  done(status === 'interrupted' ? INTERRUPTED : 0)
}
