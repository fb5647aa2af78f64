import { listedNames, MAX_THREADS } from '@mnist-lab/backends/list'
import { printable } from '@mnist-lab/core'
import { DATASET_NAMES } from '@mnist-lab/data/list'
import { path, type Terminal, UsageError, wholeNumber } from '@mnist-lab/terminal'
import { type Command, Option } from 'commander'

// A module of this folder has the flags of a command and nothing else. What the command does is in
// a module of `../actions/`, which is imported when it runs, so that a help text needs no engine,
// no chart and no decoder.

/** What the action of a command needs from the program. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Sets the exit code of the program, which is 0 otherwise. */
  readonly done: (exitCode: number) => void
}

/**
 * The largest number of images that a flag takes: the most elements of an array. The data itself
 * refuses more images than it has.
 */
export const MAX_IMAGES = 2 ** 32 - 1

/** The values of a MODEL argument, for help texts. */
export const MODEL_ARGUMENT =
  'lenet5, custom-mlp, lenet5-regularized, or a .json file with a ModelSpec'

/**
 * Checks that the data fills at least one batch of the size that `--batch` asks for.
 *
 * @throws UsageError when the batch is larger than the data
 */
export function checkBatch(
  batch: number | undefined,
  { name, count }: { readonly name: string; readonly count: number },
): void {
  if (batch === undefined || batch <= count) return
  throw new UsageError({
    where: '--batch',
    what: `${printable(name)} has ${count} images`,
    expected: `a whole number from 1 to ${count}`,
    got: String(batch),
    hint: 'use a smaller batch',
  })
}

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
      `the backend: auto, ${listedNames('node').join(', ')} (default: ${fallback})`,
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
    '--data <path>',
    'a dataset: a folder of IDX files, of pictures for each class, or of files for train and test; CSV, npz, Parquet and tar are read (default: MNIST)',
    path('--data'),
  )
}

/** Adds `--dataset`. */
export function addDatasetFlag(command: Command): Command {
  return command.addOption(
    new Option(
      '--dataset <name>',
      'a published dataset, which is downloaded once and kept in the cache',
    )
      .choices(DATASET_NAMES)
      .conflicts('data'),
  )
}

/** Adds `--classes`. */
export function addClassesFlag(command: Command): Command {
  return command.option(
    '--classes <names>',
    'the names of the classes in the order of their numbers, such as a,b,c, or a file with a name on each line (default: those of the data)',
    path('--classes'),
  )
}

/** Adds `--transpose` and `--no-transpose`. */
export function addTransposeFlags(command: Command): Command {
  return command
    .option(
      '--transpose',
      'exchange the rows and the columns of the images (default: for files called emnist-…)',
    )
    .option('--no-transpose', 'take the images as they are stored')
}

/** Returns the flag `--json`. @param what the name of what it prints */
export function jsonFlag(what: string): Option {
  return new Option('--json', `print ${what} as JSON`)
}
