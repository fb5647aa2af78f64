import { decimal, path } from '@mnist-lab/terminal'
import type { Command } from 'commander'
import { type CommandContext, MODEL_ARGUMENT } from './command.js'

/** The flags of `mnist import`. */
export interface ImportFlags {
  readonly model?: string
  readonly mean?: number
  readonly std?: number
  readonly out?: string
}

/** Adds the command `mnist import`. */
export function addImportCommand(program: Command, context: CommandContext): void {
  program
    .command('import')
    .summary('Reads a model of another program, to evaluate it and to predict with it.')
    .description(
      'Reads a model of another program: an ONNX file, a .keras file of Keras 3, model.json of TensorFlow.js, a state_dict of PyTorch (safetensors, or what torch.save wrote), or a safetensors file of mnist export. It becomes a folder that evaluate, predict and export take. The layers must be those of a ModelSpec.',
    )
    .argument(
      '<file>',
      'the file, or the folder with model.json or model.safetensors',
      path('<file>'),
    )
    .option(
      '--model <model>',
      `the model of a file with weights alone: ${MODEL_ARGUMENT}`,
      path('--model'),
    )
    .option(
      '--mean <number>',
      'what is subtracted from a pixel from 0 to 1 before the model gets it, where it does not do so itself (default: 0)',
      decimal('--mean', { min: 0, max: 1000 }),
    )
    .option(
      '--std <number>',
      'what the difference is divided by (default: 1, or 1/255 for a model that begins by dividing bytes)',
      decimal('--std', { min: 0, max: 1000, aboveMin: true }),
    )
    .option(
      '--out <dir>',
      'the folder that is written (default: runs/ and the name of the file)',
      path('--out'),
    )
    .action(async (file: string, flags: ImportFlags) => {
      const { importRun } = await import('../actions/import.js')
      await importRun(file, flags, context)
    })
}
