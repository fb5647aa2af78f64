import type { CommandContext } from '../mnist.js'
import { type Command, Option } from 'commander'
import { MAX_SEED } from '@mnist-lab/core'
import { MODEL_ARGUMENT } from '../load-model.js'
import { decimal, INTERRUPTED, UsageError, wholeNumber } from '@mnist-lab/terminal'
import { freshRun } from '../training/fresh-run.js'
import { continuedRun, runTraining } from '@mnist-lab/train/node'
import type { TrainFlags } from '../training/train-flags.js'
import { trainingView } from '../training/training-view.js'
import { addBackendFlags, addDataFlag, jsonFlag, MAX_BATCH } from './flags.js'

/** What a run began with stays: otherwise its figures would be of no one experiment. */
const FIXED = {
  batch: '--batch',
  lr: '--lr',
  momentum: '--momentum',
  weightDecay: '--weight-decay',
  loss: '--loss',
  schedule: '--schedule',
  patience: '--patience',
  initialWeights: '--initial-weights',
  seed: '--seed',
  limit: '--limit',
  out: '--out',
} as const satisfies Partial<Record<keyof TrainFlags, string>>

/** @throws UsageError for a flag that would change a run that goes on */
function refuseFixed(flags: TrainFlags): void {
  const fixed = Object.keys(FIXED).find((key) => Object.hasOwn(flags, key)) as
    keyof typeof FIXED | undefined
  if (fixed !== undefined) {
    throw new UsageError({
      where: FIXED[fixed],
      what: 'a run goes on with what it began with',
      hint: 'leave the flag out, or train anew',
    })
  }
}

export function addTrainCommand(program: Command, { terminal, done }: CommandContext): void {
  const command = program
    .command('train')
    .description(
      'Trains a model, shows its figures epoch by epoch, and keeps weights, checkpoint, run.json and TensorBoard’s event files in a folder.',
    )
    .argument('[model]', MODEL_ARGUMENT)
  addDataFlag(addBackendFlags(command, 'auto, the fastest there is; with --resume the run’s'))
    .option('--epochs <n>', 'in all (default: 10)', wholeNumber('--epochs', 1, 100_000))
    .option('--batch <size>', 'images a step (default: 32)', wholeNumber('--batch', 1, MAX_BATCH))
    .option(
      '--lr <rate>',
      'learning rate (default: 0.01)',
      decimal('--lr', { min: 0, max: 1000, aboveMin: true }),
    )
    .option(
      '--momentum <m>',
      'of SGD (default: 0.9)',
      decimal('--momentum', { min: 0, max: 1, belowMax: true }),
    )
    .option(
      '--weight-decay <d>',
      'as PyTorch’s (default: the model’s, 0.001 for lenet5-regularized, else 0)',
      decimal('--weight-decay', { min: 0, max: 1000 }),
    )
    .addOption(
      new Option(
        '--loss <name>',
        'default: softmaxCrossEntropy; the study’s is doubleSoftmaxCrossEntropy',
      ).choices(['softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy']),
    )
    .option(
      '--schedule <s>',
      'of the learning rate: constant, cosine[:WARMUP EPOCHS], step:EPOCHS:FACTOR, exponential:FACTOR',
    )
    .option(
      '--patience <n>',
      'stop after so many epochs without a lower test loss',
      wholeNumber('--patience', 1, 100_000),
    )
    .addOption(
      new Option('--initial-weights <scheme>', 'default: pytorch').choices([
        'pytorch',
        'glorot',
        'he',
      ]),
    )
    .option(
      '--seed <n>',
      'of weights, data order and dropout (default: 1)',
      wholeNumber('--seed', 0, MAX_SEED),
    )
    .option('--limit <n>', 'train on the first so many images', wholeNumber('--limit', 1, 60_000))
    .option(
      '--out <dir>',
      'of the run; an earlier run there is kept beside it (default: runs/MODEL)',
    )
    .option(
      '--checkpoint-every <steps>',
      'besides every epoch',
      wholeNumber('--checkpoint-every', 1, 1_000_000_000),
    )
    .option('--resume <run>', 'go on with the run in that folder, to the bit')
    .addOption(jsonFlag('run.json at the end'))
    .action(async (model: string | undefined, flags: TrainFlags) => {
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
          ? await continuedRun(flags.resume!, flags)
          : await freshRun(model, flags)
      const view = trainingView(training, terminal, flags.json === true)
      const { status } = await runTraining(training, view, terminal.signal)
      done(status === 'interrupted' ? INTERRUPTED : 0)
    })
}
