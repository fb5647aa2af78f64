import { path } from '@mnist-lab/terminal'
import type { ExportFormat } from '@mnist-lab/models/export'
import { type Command, Option } from 'commander'
import type { CommandContext } from './command.js'

/** The flags of `mnist export`. */
export interface ExportFlags {
  readonly to: ExportFormat
  readonly out?: string
  readonly logits?: true
}

/** The formats. A help text does not load the package that knows them. */
const FORMATS: readonly ExportFormat[] = ['onnx', 'keras', 'tfjs', 'pytorch', 'safetensors']

/** Adds the command `mnist export`. */
export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .summary('Writes a trained model for another program.')
    .description(
      'Writes a trained model for another program: as an ONNX file, a .keras file of Keras 3, a layers model of TensorFlow.js, a state_dict of PyTorch with its class, or a safetensors file with the ModelSpec. The exported model takes pixels from 0 to 1 and normalises them itself.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
    .addOption(new Option('--to <format>', 'the format').choices(FORMATS).makeOptionMandatory())
    .option(
      '--out <path>',
      'the file, or the folder for tfjs and pytorch (default: the name of the model, in the working directory)',
      path('--out'),
    )
    .option('--logits', 'leave out the softmax at the end of the model')
    .action(async (directory: string, flags: ExportFlags) => {
      const { exportRun } = await import('../actions/export.js')
      await exportRun(directory, flags, context)
    })
}
