import type { Command } from 'commander'
import { type CommandContext, jsonFlag } from './command.js'

/** The flags of `mnist setup-runtimes`. */
export interface SetupRuntimesFlags {
  readonly list?: true
  readonly remove?: true
  readonly json?: true
}

/** Adds the command `mnist setup-runtimes`. */
export function addSetupRuntimesCommand(program: Command, context: CommandContext): void {
  program
    .command('setup-runtimes')
    .summary('Installs other JavaScript runtimes for the benchmark.')
    .description(
      'Installs other JavaScript runtimes for `bench --in`: versions of Node.js, Bun, Deno, workerd and others. They go into the user’s cache and ' +
        'not on the PATH. Every download has a fixed version and is checked against a known checksum. Packages of the system are installed with ' +
        'apt-get for root, and others are told the command. The environment variable MNIST_LAB_CACHE sets the folder.',
    )
    .argument('[names...]', 'the runtimes (default: all that this platform can have)')
    .option('--list', 'print which runtimes are installed, and their sizes')
    .option('--remove', 'remove the runtimes instead')
    .addOption(jsonFlag('the list'))
    .action(async (names: string[], flags: SetupRuntimesFlags) => {
      const { setUpRuntimes } = await import('../actions/setup-runtimes.js')
      await setUpRuntimes(names, flags, context)
    })
}
