import type { Command } from 'commander'
import { addDataFlag, type CommandContext, jsonFlag } from './command.js'
import { addDataFileCommands } from './data-files.js'

/** The flags of `mnist data verify`. */
export interface DataFlags {
  readonly data?: string
  readonly json?: true
}

/** Adds the command `mnist data verify`. */
export function addDataCommand(program: Command, context: CommandContext): void {
  const data = program
    .command('data')
    .description('Shows, converts, divides and checks the data that models are trained on.')
  addDataFileCommands(data, context)
  addDataFlag(
    data
      .command('verify')
      .description('Checks the four files of MNIST by their SHA-256 checksums.'),
  )
    .addOption(jsonFlag('the files and checksums'))
    .action(async (flags: DataFlags) => {
      const { verifyData } = await import('../actions/data.js')
      await verifyData(flags, context)
    })
}
