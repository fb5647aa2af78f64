import { describeProgram, renderProgram } from '@mnist-lab/backends/fused'
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
  readonly program?: true
}

/** The batch size that training has if none is asked for. */
const PROGRAM_BATCH = 32

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
      'images in a batch (default: open, costs of one image; 32 with --program)',
      wholeNumber('--batch', 1, MAX_BATCH),
    )
    .addOption(
      new Option(
        '--program',
        'print what the fused engine makes of the model: its operations, the kernels chosen and why, its buffers and their bytes',
      ).conflicts('style'),
    )
    .addOption(jsonFlag('the summary'))
    .action(async (model: string, { style, batch, json, program: isProgram }: Flags) => {
      const { spec } = await loadModel(model)
      if (isProgram) {
        const description = describeProgram(spec, { batchSize: batch ?? PROGRAM_BATCH })
        const text = json ? JSON.stringify(description) : renderProgram(description)
        terminal.out.write(`${text}\n`)
        return
      }
      const result = summary(spec, batch === undefined ? {} : { batchSize: batch })
      const render = style === 'torchsummary' ? renderTorchsummary : renderTorchinfo
      terminal.out.write(`${json ? JSON.stringify(result) : render(result)}\n`)
    })
}
