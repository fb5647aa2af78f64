import { printable, printableJson } from '@mnist-lab/core'
import { UsageError } from '@mnist-lab/terminal'
import type { Command } from 'commander'
import { type Checksum, sha256 } from '../setup/checksum.js'
import { setupNative } from '../native/setup-native.js'
import { type CommandContext, jsonFlag } from './command.js'

interface Flags {
  readonly wheelSha256?: Checksum
  readonly json?: true
}

/** Adds the command `mnist setup-native`. */
export function addSetupNativeCommand(program: Command, { terminal }: CommandContext): void {
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
    .action(async ({ wheelSha256, json }: Flags) => {
      const outcome = await setupNative(terminal, { wheelChecksum: wheelSha256 })
      terminal.out.write(
        json
          ? `${printableJson(outcome)}\n`
          : `native TensorFlow ${printable(outcome.tensorflow)} is ready for --backend=node\n`,
      )
    })
}

function readSha256(text: string): Checksum {
  if (/^[\da-f]{64}$/i.test(text)) return sha256(text)
  throw new UsageError({
    where: '--wheel-sha256',
    expected: '64 hexadecimal digits',
    got: JSON.stringify(text),
    hint: 'copy the SHA-256 from the page that lists the files',
  })
}
