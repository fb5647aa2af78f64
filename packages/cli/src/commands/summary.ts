import { renderTorchinfo, renderTorchsummary, summary } from '@mnist-lab/models'
import { type Command, Option } from 'commander'
import { loadModel, MODEL_ARGUMENT } from '../input-files.js'
import { wholeNumber } from '@mnist-lab/terminal'
import { type CommandContext, jsonFlag, MAX_BATCH } from './command.js'

interface Flags {
  readonly style: 'torchsummary' | 'torchinfo'
  readonly batch?: number
  readonly json?: true
}

export function addSummaryCommand(program: Command, { terminal }: CommandContext): void {
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
      'the number of images in a batch (default: none; the costs are those of one image)',
      wholeNumber('--batch', 1, MAX_BATCH),
    )
    .addOption(jsonFlag('the summary'))
    .action(async (model: string, { style, batch, json }: Flags) => {
      const { spec } = await loadModel(model)
      const result = summary(spec, batch === undefined ? {} : { batchSize: batch })
      const render = style === 'torchsummary' ? renderTorchsummary : renderTorchinfo
      terminal.out.write(`${json ? JSON.stringify(result) : render(result)}\n`)
    })
}
