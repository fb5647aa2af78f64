import { runProgram, typedArguments, type Terminal } from '@mnist-lab/terminal'
import { compareCommand } from './commands/compare.js'
import { reportCommand } from './commands/report.js'
import { runCommand } from './commands/run.js'

const COMMANDS: Readonly<
  Record<string, (argv: readonly string[], terminal: Terminal) => Promise<number>>
> = {
  compare: compareCommand,
  report: reportCommand,
}

await runProgram((terminal) => {
  const argv = typedArguments(process.argv.slice(2))
  const command = COMMANDS[argv[0] ?? '']
  return command === undefined ? runCommand(argv, terminal) : command(argv.slice(1), terminal)
})
