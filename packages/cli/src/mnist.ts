import type { Command } from 'commander'
import { addDataCommand } from './commands/data.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addEvaluateCommand } from './commands/evaluate.js'
import { addPredictCommand } from './commands/predict.js'
import { addReportCommand } from './commands/report.js'
import { addReproduceCommand } from './commands/reproduce.js'
import { addSetupNativeCommand } from './commands/setup-native.js'
import { addSummaryCommand } from './commands/summary.js'
import { addTrainCommand } from './commands/train.js'
import { createCommand, type Terminal, typedArguments, usageError } from '@mnist-lab/terminal'

/** What a command's action needs: the terminal, and a place for the exit code. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly done: (exitCode: number) => void
}

/**
 * The program `mnist`.
 *
 * @param argv without the program's own name
 * @returns the exit code
 * @throws InputError for anything the user can fix
 */
export async function mnist(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0
  const context: CommandContext = { terminal, done: (code) => void (exitCode = code) }
  const program = createCommand(
    'mnist',
    'Trains, checks and uses MNIST models on every JavaScript engine.',
    terminal.out,
  )
  for (const add of [
    addTrainCommand,
    addEvaluateCommand,
    addPredictCommand,
    addSummaryCommand,
    addReproduceCommand,
    addReportCommand,
    addDataCommand,
    addDoctorCommand,
    addSetupNativeCommand,
  ])
    add(program, context)
  const args = typedArguments(argv)
  if (args.length === 0) return help(program, terminal)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    const known = program.commands.some((command) => command.name() === args[0])
    const usage = usageError(error, known ? `mnist ${args[0]}` : 'mnist')
    if (usage === undefined) return 0
    throw usage
  }
}

/** Nothing was asked for: the help, as an error. */
function help(program: Command, { err }: Terminal): number {
  err.write(program.helpInformation())
  return 2
}
