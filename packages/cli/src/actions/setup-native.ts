import { printable, printableJson } from '@mnist-lab/core'
import { sha256 } from '../setup/checksum.js'
import { setupNative } from '../native/setup-native.js'
import type { CommandContext } from '../commands/command.js'
import type { SetupNativeFlags } from '../commands/setup-native.js'

/** Sets up native TensorFlow, and prints where it is. */
export async function setUpNative(
  { wheelSha256, json }: SetupNativeFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const outcome = await setupNative(terminal, {
    wheelChecksum: wheelSha256 === undefined ? undefined : sha256(wheelSha256),
  })
  terminal.out.write(
    json
      ? `${printableJson(outcome)}\n`
      : `native TensorFlow ${printable(outcome.tensorflow)} is ready for --backend=node\n`,
  )
}
