import { printable, printableJson } from '@mnist-lab/core'
import { describeProgram, renderProgram } from '@mnist-lab/backends/fused'
import { renderTorchinfo, renderTorchsummary, summary } from '@mnist-lab/models'
import { type Command, Option } from 'commander'
import { loadModel, MODEL_ARGUMENT } from '../input-files.js'
import { wholeNumber } from '@mnist-lab/terminal'
import { type CommandContext, jsonFlag, MAX_IMAGES } from './command.js'

interface Flags {
  readonly style: 'torchsummary' | 'torchinfo'
  readonly batch?: number
  readonly json?: true
  readonly program?: true
}

/** The default batch size of training. */
const PROGRAM_BATCH = 32

/** Adds the command `mnist summary`. */
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
    .action(async (model: string, { style, batch, json, program: isProgram }: Flags) => {
      const { spec } = await loadModel(model)
      const shown = { ...spec, name: printable(spec.name) }
      if (isProgram) {
        const description = describeProgram(json ? spec : shown, {
          batchSize: batch ?? PROGRAM_BATCH,
        })
        const text = json ? printableJson(description) : renderProgram(description)
        terminal.out.write(`${text}\n`)
        return
      }
      const result = summary(json ? spec : shown, batch === undefined ? {} : { batchSize: batch })
      const render = style === 'torchsummary' ? renderTorchsummary : renderTorchinfo
      terminal.out.write(`${json ? printableJson(result) : render(result)}\n`)
    })
}
