import tab from '@bomb.sh/tab/commander'
import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { UsageError } from './input.js'
import type { Output } from './process-streams.js'

/**
 * Creates a commander program that throws instead of ending the process, and that writes its help
 * to `out`.
 */
export function createCommand(name: string, description: string, out: Output): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void out.write(text),
      // Errors are thrown, and `usageError` turns them into one line.
      writeErr: () => {},
      outputError: () => {},
      // The help has no colors. Commander would ask the environment, which Deno allows or not.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
}

/**
 * Adds the command `complete`, which prints a script for the completion of commands and flags in
 * zsh, bash, fish or PowerShell. Call it after all other commands have been added.
 */
export function addCompletion(program: Command): void {
  tab(program)
  program.commands
    .find((command) => command.name() === 'complete')!
    .summary('Prints a script for shell completion.')
    .description(
      `Prints a script that completes commands and flags in a shell. In zsh, run: source <(${program.name()} complete zsh)`,
    )
    .usage('[options] <zsh|bash|fish|powershell>')
}

/**
 * Returns the version in the package.json of the package that a module belongs to.
 *
 * @param moduleUrl `import.meta.url` of a module anywhere in the package
 * @throws Error when no folder above the module has a package.json
 */
export function packageVersion(moduleUrl: string): string {
  for (let folder = new URL('.', moduleUrl); ; folder = new URL('..', folder)) {
    try {
      const text = readFileSync(new URL('package.json', folder), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!missing || folder.pathname === new URL('..', folder).pathname) throw error
    }
  }
}

/** Returns the arguments as the user typed them: pnpm passes a leading `--` on to the program. */
export function typedArguments(argv: readonly string[]): readonly string[] {
  return argv[0] === '--' ? argv.slice(1) : argv
}

/**
 * Turns what commander threw into a UsageError of one line, or into undefined after a help text or
 * a version number.
 *
 * @param command the words before the arguments, such as `mnist train`
 * @throws the error itself when it does not come from commander
 */
export function usageError(error: unknown, command: string): UsageError | undefined {
  if (!(error instanceof CommanderError)) throw error
  if (error.exitCode === 0) return undefined
  return new UsageError({
    where: command,
    what:
      error.code === 'commander.help'
        ? 'a subcommand is missing'
        : error.message.replace(/^error: /, ''),
    hint: `see ${command} --help`,
    cause: error,
  })
}
