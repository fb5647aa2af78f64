import { printable, printableJson } from '@mnist-lab/core'
import type { Command } from 'commander'
import { setupNative } from '../native/setup-native.js'
import { type CommandContext, jsonFlag } from './command.js'

/** Adds the command `mnist setup-native`. */
export function addSetupNativeCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command('setup-native')
    .summary('Sets up native TensorFlow for --backend=node.')
    .description(
      'Sets up native TensorFlow for --backend=node, once for each machine. It tries the prebuilt binary of tfjs-node, then an installed TensorFlow ' +
        '(LIBTENSORFLOW_ROOT, or the one of Python), then the Python wheel. The environment variable MNIST_LAB_CACHE sets the folder.',
    )
    .addOption(jsonFlag('the folder and the version'))
    .action(async ({ json }: { readonly json?: true }) => {
      const outcome = await setupNative(terminal)
      terminal.out.write(
        json
          ? `${printableJson(outcome)}\n`
          : `native TensorFlow ${printable(outcome.tensorflow)} is ready for --backend=node\n`,
      )
    })
}
