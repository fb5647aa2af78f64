import type { Command } from 'commander'
import { type CommandContext, jsonFlag } from './command.js'

/** The flags of `mnist doctor`. */
export interface DoctorFlags {
  readonly json?: true
}

/** Adds the command `mnist doctor`. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .summary('Checks which backends and runtimes are available on this machine.')
    .description(
      'Checks every backend, the data, and the JavaScript runtimes of the benchmark. If one of them is not available, it prints the reason and how to fix it.',
    )
    .addOption(jsonFlag('the results'))
    .action(async (flags: DoctorFlags) => {
      const { diagnose } = await import('../actions/doctor.js')
      await diagnose(flags, context)
    })
}
