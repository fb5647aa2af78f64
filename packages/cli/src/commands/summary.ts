import { renderTorchinfo, renderTorchsummary, summary } from '@mnist-lab/models'
import { type Command, Option } from 'commander'
import { loadModel, MODEL_ARGUMENT } from '../load-model.js'
import type { CommandContext } from '../mnist.js'
import { wholeNumber } from '@mnist-lab/terminal'
import { jsonFlag, MAX_BATCH } from './flags.js'

interface Flags {
  readonly style: 'torchsummary' | 'torchinfo'
  readonly batch?: number
  readonly json?: true
}

export function addSummaryCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command('summary')
    .description(
      'Layers, output shapes, parameters and memory of a model, as torchsummary or torchinfo print them.',
    )
    .argument('<model>', MODEL_ARGUMENT)
    .addOption(
      new Option('--style <name>', 'of the table')
        .choices(['torchsummary', 'torchinfo'])
        .default('torchsummary'),
    )
    .option(
      '--batch <size>',
      'images in a batch (default: open, costs of one image)',
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
