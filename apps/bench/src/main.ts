import { runBenchCommand } from '@mnist-lab/bench/node'
import { packageVersion, runProgram, type Terminal, typedArguments } from '@mnist-lab/terminal'
import { compareCommand, completeCommand, reportCommand } from './commands.js'
import { benchCommand } from './flags.js'
import { parseOptions } from './options.js'

const version = packageVersion(import.meta.url)

const COMMANDS: Readonly<
  Record<string, (argv: readonly string[], terminal: Terminal) => Promise<number>>
> = {
  compare: compareCommand,
  report: reportCommand,
  complete: (argv, terminal) =>
    completeCommand(argv, benchCommand(terminal.out, version), terminal),
}

await runProgram(async (terminal) => {
  // The script `bench:peers` puts --turns first, and pnpm adds a separating `--` after it.
  const given = process.argv.slice(2)
  const argv =
    given[0] === '--turns' ? ['--turns', ...typedArguments(given.slice(1))] : typedArguments(given)
  const command = COMMANDS[argv[0] ?? '']
  if (command !== undefined) return command(argv.slice(1), terminal)
  const options = parseOptions(argv, { env: process.env, out: terminal.out, version })
  return options === undefined ? 0 : runBenchCommand(options, terminal)
})
