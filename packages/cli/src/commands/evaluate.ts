import { path, wholeNumber } from '@mnist-lab/terminal'
import type { DataFlags } from '../data-options.js'
import type { BackendChoice } from '@mnist-lab/train/node'
import { type Command, Option } from 'commander'
import {
  addBackendFlags,
  addClassesFlag,
  addDataFlag,
  addDatasetFlag,
  addTransposeFlags,
  type CommandContext,
  jsonFlag,
  MAX_IMAGES,
} from './command.js'

/** The flags of `mnist evaluate`. */
export interface EvaluateFlags extends BackendChoice, DataFlags {
  readonly split: 'test' | 'train'
  readonly limit?: number
  readonly batch?: number
  readonly json?: true
}

/** Adds the command `mnist evaluate`. */
export function addEvaluateCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('evaluate')
    .summary('Prints the accuracy and the confusion matrix of a trained model.')
    .description(
      'Evaluates a trained model: loss, accuracy, confusion matrix, and precision, recall and F1 of each class.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
  addDataFlag(addBackendFlags(command))
  addTransposeFlags(addClassesFlag(addDatasetFlag(command)))
    .addOption(
      new Option('--split <name>', 'the images to evaluate')
        .choices(['test', 'train'])
        .default('test'),
    )
    .option(
      '--limit <n>',
      'evaluate only the first n images',
      wholeNumber('--limit', 1, MAX_IMAGES),
    )
    .option(
      '--batch <size>',
      'the number of images in a batch (default: as in training)',
      wholeNumber('--batch', 1, MAX_IMAGES),
    )
    .addOption(jsonFlag('the figures'))
    .action(async (directory: string, flags: EvaluateFlags) => {
      const { evaluateModel } = await import('../actions/evaluate.js')
      await evaluateModel(directory, flags, context)
    })
}
