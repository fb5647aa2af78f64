import { type Command, Option } from 'commander'
import { MAX_SEED } from '@mnist-lab/core'
import { MODEL_ARGUMENT } from '../input-files.js'
import { decimal, INTERRUPTED, path, UsageError, wholeNumber } from '@mnist-lab/terminal'
import { DEFAULTS, freshRun, type TrainFlags } from '../fresh-run.js'
import { continuedRun, runTraining } from '@mnist-lab/train/node'
import { trainingView } from '../training-view.js'
import {
  addBackendFlags,
  addDataFlag,
  type CommandContext,
  jsonFlag,
  MAX_IMAGES,
} from './command.js'

/**
 * The flags that cannot change when a run resumes, because its figures would then mix two
 * experiments.
 */
const FIXED = {
  batch: '--batch',
  lr: '--lr',
  momentum: '--momentum',
  weightDecay: '--weight-decay',
  loss: '--loss',
  schedule: '--schedule',
  validation: '--validation',
  patience: '--patience',
  initialWeights: '--initial-weights',
  seed: '--seed',
  limit: '--limit',
  out: '--out',
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

/** Adds the command `mnist train`. */
export function addTrainCommand(program: Command, { terminal, done }: CommandContext): void {
  const command = program
    .command('train')
    .summary('Trains a model, or resumes a run.')
    .description(
      'Trains a model and shows its figures after every epoch. The weights, a checkpoint, run.json and the event files for TensorBoard are kept in a folder.',
    )
    .argument('[model]', MODEL_ARGUMENT)
  addDataFlag(
    addBackendFlags(
      command,
      'auto, the fastest one available; with --resume the backend of the run',
    ),
  )
    .option(
      '--epochs <n>',
      `the number of epochs; with --resume those that are done count too (default: ${DEFAULTS.epochs})`,
      wholeNumber('--epochs', 1, 100_000),
    )
    .option(
      '--batch <size>',
      `the number of images in a step (default: ${DEFAULTS.batch})`,
      wholeNumber('--batch', 1, MAX_IMAGES),
    )
    .option(
      '--lr <rate>',
      `the learning rate (default: ${DEFAULTS.lr})`,
      decimal('--lr', { min: 0, max: 1000, aboveMin: true }),
    )
    .option(
      '--momentum <m>',
      `the momentum of SGD (default: ${DEFAULTS.momentum})`,
      decimal('--momentum', { min: 0, max: 1, belowMax: true }),
    )
    .option(
      '--weight-decay <d>',
      'the weight decay, with the meaning that it has in PyTorch (default: 0.001 for lenet5-regularized, otherwise 0)',
      decimal('--weight-decay', { min: 0, max: 1000 }),
    )
    .addOption(
      new Option(
        '--loss <name>',
        'the loss; the study uses doubleSoftmaxCrossEntropy (default: softmaxCrossEntropy)',
      ).choices(['softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy']),
    )
    .option(
      '--schedule <s>',
      'the schedule of the learning rate: constant, cosine[:WARMUP_EPOCHS], step:EPOCHS:FACTOR or exponential:FACTOR (default: constant)',
    )
    .option(
      '--validation <n>',
      'take n of the training images for validation, and evaluate the test images only once, at the end (default: evaluate the test images after every epoch)',
      wholeNumber('--validation', 1, MAX_IMAGES),
    )
    .option(
      '--patience <n>',
      'stop after n epochs without a lower validation loss, which is the loss on the test images unless --validation is given (default: never)',
      wholeNumber('--patience', 1, 100_000),
    )
    .addOption(
      new Option('--initial-weights <scheme>', 'the initial weights (default: pytorch)').choices([
        'pytorch',
        'glorot',
        'he',
      ]),
    )
    .option(
      '--seed <n>',
      `the seed of the initial weights, the order of the images, dropout and the validation images (default: ${DEFAULTS.seed})`,
      wholeNumber('--seed', 0, MAX_SEED),
    )
    .option(
      '--limit <n>',
      'train only on the first n images',
      wholeNumber('--limit', 1, MAX_IMAGES),
    )
    .option(
      '--out <dir>',
      'the folder of the run; an earlier run there is moved to another name (default: runs/MODEL)',
      path('--out'),
    )
    .option(
      '--checkpoint-every <steps>',
      'save a checkpoint after this many steps too (default: only after every epoch)',
      wholeNumber('--checkpoint-every', 1, 1_000_000_000),
    )
    .option(
      '--resume <run>',
      'resume the run in this folder; the result is the same as without an interruption',
      path('--resume'),
    )
    .option(
      '--allow-other-build',
      'with --resume: go on with another backend, build or number of threads than the run began with; run.json then says so',
    )
    .addOption(jsonFlag('the run at the end'))
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
