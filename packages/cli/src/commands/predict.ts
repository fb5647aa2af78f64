import { path, paths } from '@mnist-lab/terminal'
import type { BackendChoice } from '@mnist-lab/train/node'
import type { Command } from 'commander'
import { addBackendFlags, addClassesFlag, type CommandContext, jsonFlag } from './command.js'

/** The flags of `mnist predict`. */
export interface PredictFlags extends BackendChoice {
  readonly classes?: string
  readonly json?: true
}

/** Adds the command `mnist predict`. */
export function addPredictCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('predict')
    .summary('Classifies pictures of digits with a trained model.')
    .description(
      'Classifies pictures of digits with a trained model. The pictures are PNG or JPEG files of any size, grey or in colour, dark on light or light on dark. JPEG files are turned as their EXIF orientation says.',
    )
    .argument('<run>', 'the folder of a run', path('<run>'))
    .argument('<images...>', 'PNG or JPEG files with one digit each', paths('<images...>'))
  addClassesFlag(addBackendFlags(command))
    .addOption(jsonFlag('the probabilities'))
    .action(async (directory: string, images: readonly string[], flags: PredictFlags) => {
      const { predictDigits } = await import('../actions/predict.js')
      await predictDigits(directory, images, flags, context)
    })
}
