import { readFileSync } from 'node:fs'
import { runBenchCommand } from '@mnist-lab/bench/node'
import { runProgram, type Terminal, typedArguments } from '@mnist-lab/terminal'
import { compareCommand, reportCommand } from './commands.js'
import { parseOptions } from './options.js'

const COMMANDS: Readonly<
  Record<string, (argv: readonly string[], terminal: Terminal) => Promise<number>>
> = {
  compare: compareCommand,
  report: reportCommand,
}

await runProgram(async (terminal) => {
  // The script `bench:peers` puts --turns first, and pnpm adds a separating `--` after it.
  const given = process.argv.slice(2)
  const argv =
    given[0] === '--turns' ? ['--turns', ...typedArguments(given.slice(1))] : typedArguments(given)
  const command = COMMANDS[argv[0] ?? '']
  if (command !== undefined) return command(argv.slice(1), terminal)
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  const options = parseOptions(argv, { env: process.env, out: terminal.out, version })
  return options === undefined ? 0 : runBenchCommand(options, terminal)
})
