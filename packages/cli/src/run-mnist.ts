import {
  addCompletion,
  createCommand,
  packageVersion,
  type Terminal,
  typedArguments,
  usageError,
} from '@mnist-lab/terminal'
import type { CommandContext } from './commands/command.js'
import { addDataCommand } from './commands/data.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addEvaluateCommand } from './commands/evaluate.js'
import { addExportCommand } from './commands/export.js'
import { addImportCommand } from './commands/import.js'
import { addPredictCommand } from './commands/predict.js'
import { addReportCommand } from './commands/report.js'
import { addReproduceCommand } from './commands/reproduce.js'
import { addSetupNativeCommand } from './commands/setup-native.js'
import { addSetupRuntimesCommand } from './commands/setup-runtimes.js'
import { addSummaryCommand } from './commands/summary.js'
import { addTrainCommand } from './commands/train.js'

/**
 * Runs the program `mnist`.
 *
 * @param argv the arguments, without the program's own name
 * @returns the exit code
 * @throws InputError for anything that the user can fix
 */
export async function runMnist(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0
  const context: CommandContext = { terminal, done: (code) => void (exitCode = code) }
  const program = createCommand(
    'mnist',
    'Trains, evaluates and uses models for MNIST on every JavaScript engine.',
    terminal.out,
  )
    .version(packageVersion(import.meta.url), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'Prints the help of a command.')
  for (const add of [
    addTrainCommand,
    addEvaluateCommand,
    addPredictCommand,
    addSummaryCommand,
    addExportCommand,
    addImportCommand,
    addReproduceCommand,
    addReportCommand,
    addDataCommand,
    addDoctorCommand,
    addSetupNativeCommand,
    addSetupRuntimesCommand,
  ])
    add(program, context)
  addCompletion(program)
  const args = typedArguments(argv)
  if (args.length === 0) {
    // The exit code is not 0, because a script that forgot its arguments has not succeeded.
    terminal.err.write(program.helpInformation())
    return 2
  }
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
