import { MAX_THREADS } from '@mnist-lab/backends'
import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { path, type Terminal, wholeNumber } from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'

/** What the action of a command needs from the program. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Sets the exit code of the program, which is 0 otherwise. */
  readonly done: (exitCode: number) => void
}

/** The largest batch size: all training images of MNIST. */
export const MAX_BATCH = 60_000

/**
 * The largest `--limit`: the most elements of an array. The data itself refuses more images than it
 * has.
 */
export const MAX_LIMIT = 2 ** 32 - 1

/**
 * Adds `--backend` and `--threads`.
 *
 * @param fallback the default of `--backend`, in words
 */
export function addBackendFlags(
  command: Command,
  fallback = 'auto, the fastest one available',
): Command {
  return command
    .option(
      '--backend <name>',
      `the backend: auto, ${BACKEND_NAMES.join(', ')} (default: ${fallback})`,
    )
    .option(
      '--threads <n>',
      'the number of threads of the backend (default: the backend’s own)',
      wholeNumber('--threads', 1, MAX_THREADS),
    )
}

/** Adds `--data`. */
export function addDataFlag(command: Command): Command {
  return command.option(
    '--data <dir>',
    'a folder with four IDX files named as those of MNIST, EMNIST or QMNIST, plain or .gz (default: MNIST)',
    path('--data'),
  )
}

/** Returns the flag `--json`. @param what the name of what it prints */
export function jsonFlag(what: string): Option {
  return new Option('--json', `print ${what} as JSON`)
}
