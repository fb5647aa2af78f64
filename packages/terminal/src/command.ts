import { Command, CommanderError } from 'commander'
import type { Output } from './terminal.js'
import { UsageError } from './usage-error.js'

/** A commander program that throws instead of ending the process, and writes its help to `out`. */
export function createCommand(name: string, description: string, out: Output): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void out.write(text), outputError: () => {} })
}

/** The program's arguments as typed: pnpm hands a separating `--` on as it stands. */
export function typedArguments(argv: readonly string[]): readonly string[] {
  return argv[0] === '--' ? argv.slice(1) : argv
}

/**
 * What parsing threw, as an error with one line; undefined after a help text.
 *
 * @param command the words before the arguments: `mnist train`
 * @throws the error itself when it is not commander's
 */
export function usageError(error: unknown, command: string): UsageError | undefined {
  if (!(error instanceof CommanderError)) throw error
  if (error.exitCode === 0) return undefined
  return new UsageError({
    where: command,
    what: error.message.replace(/^error: /, ''),
    hint: `see ${command} --help`,
    cause: error,
  })
}
