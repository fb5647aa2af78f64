import { wholeNumber } from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'
import { type CommandContext, jsonFlag, MAX_IMAGES, MODEL_ARGUMENT } from './command.js'

/** The flags of `mnist summary`. */
export interface SummaryFlags {
  readonly style: 'torchsummary' | 'torchinfo'
  readonly batch?: number
  readonly json?: true
  readonly program?: true
}

/** Adds the command `mnist summary`. */
export function addSummaryCommand(program: Command, context: CommandContext): void {
  program
    .command('summary')
    .summary('Prints the layers and the parameters of a model.')
    .description(
      'Prints the layers, output shapes, parameters and memory of a model, in the style of torchsummary or torchinfo.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .addOption(
      new Option('--style <name>', 'the style of the table')
        .choices(['torchsummary', 'torchinfo'])
        .default('torchsummary'),
    )
    .option(
      '--batch <size>',
      'the number of images in a batch (default: none, the costs are those of one image; with --program: 32)',
      wholeNumber('--batch', 1, MAX_IMAGES),
    )
    .addOption(
      new Option(
        '--program',
        'print the program of the fused engine for the model: its operations, the kernels chosen and why, and its buffers with their bytes',
      ).conflicts('style'),
    )
    .addOption(jsonFlag('the summary'))
    .action(async (model: string, flags: SummaryFlags) => {
      const { printSummary } = await import('../actions/summary.js')
      await printSummary(model, flags, context)
    })
}
