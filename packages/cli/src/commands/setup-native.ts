import type { Command } from 'commander'
import type { CommandContext } from '../mnist.js'
import { setupNative } from '../native/setup-native.js'
import { jsonFlag } from './flags.js'

export function addSetupNativeCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command('setup-native')
    .description(
      'Sets up native TensorFlow for --backend=node: tfjs-node’s own binary, or a TensorFlow of yours ' +
        '(LIBTENSORFLOW_ROOT, Python’s), or its Python wheel, whichever works first. Once for each machine; MNIST_LAB_CACHE names the place.',
    )
    .addOption(jsonFlag('the outcome'))
    .action(async ({ json }: { readonly json?: true }) => {
      const outcome = await setupNative(terminal)
      terminal.out.write(
        json
          ? `${JSON.stringify(outcome)}\n`
          : `native TensorFlow ${outcome.tensorflow} is ready: --backend=node\n`,
      )
    })
}
