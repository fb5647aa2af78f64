import { MAX_SEED } from '@mnist-lab/core'
import { decimal, path, wholeNumber } from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'
import { DEFAULTS, type TrainFlags } from '../train-flags.js'
import {
  addBackendFlags,
  addClassesFlag,
  addDataFlag,
  addDatasetFlag,
  addTransposeFlags,
  type CommandContext,
  jsonFlag,
  MAX_IMAGES,
  MODEL_ARGUMENT,
} from './command.js'

/** Adds the command `mnist train`. */
export function addTrainCommand(program: Command, context: CommandContext): void {
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
  addTransposeFlags(addClassesFlag(addDatasetFlag(command)))
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
      '--nesterov',
      'use Nesterov momentum, with the meaning that it has in PyTorch (default: plain momentum)',
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
      'the schedule of the learning rate: constant, cosine[:WARMUP_EPOCHS], one-cycle[:PCT_START[:DIV_FACTOR[:FINAL_DIV_FACTOR]]] as PyTorch’s OneCycleLR with --lr as max_lr and a constant momentum, step:EPOCHS:FACTOR or exponential:FACTOR (default: constant)',
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
      const { trainModel } = await import('../actions/train.js')
      await trainModel(model, flags, context)
    })
}
