import { UsageError } from '@mnist-lab/terminal'
import type { Command } from 'commander'
import { type CommandContext, jsonFlag } from './command.js'

/** The flags of `mnist setup-native`. */
export interface SetupNativeFlags {
  readonly wheelSha256?: string
  readonly json?: true
}

/** Adds the command `mnist setup-native`. */
export function addSetupNativeCommand(program: Command, context: CommandContext): void {
  program
    .command('setup-native')
    .summary('Sets up native TensorFlow for --backend=node.')
    .description(
      'Sets up native TensorFlow for --backend=node, once for each machine. It tries the release archive of TensorFlow’s C library, then an installed ' +
        'TensorFlow (LIBTENSORFLOW_ROOT, or the one of Python), then the Python wheel. Every download is checked against a known checksum. The ' +
        'environment variable MNIST_LAB_CACHE sets the folder.',
    )
    .option(
      '--wheel-sha256 <sum>',
      'the SHA-256 of the Python wheel (default: the published one, where it is known)',
      readSha256,
    )
    .addOption(jsonFlag('the folder and the version'))
    .action(async (flags: SetupNativeFlags) => {
      const { setUpNative } = await import('../actions/setup-native.js')
      await setUpNative(flags, context)
    })
}

function readSha256(text: string): string {
  if (/^[\da-f]{64}$/i.test(text)) return text
  throw new UsageError({
    where: '--wheel-sha256',
    expected: '64 hexadecimal digits',
    got: JSON.stringify(text),
    hint: 'copy the SHA-256 from the page that lists the files',
  })
}
