import { BACKEND_NAMES } from '@mnist-lab/backends/node'
import { type Command, Option } from 'commander'
import { wholeNumber } from '@mnist-lab/terminal'

/** Beyond this a batch no longer fits into MNIST. */
export const MAX_BATCH = 60_000

/** @param fallback in words, where it is not the fastest backend */
export function addBackendFlags(
  command: Command,
  fallback = 'auto, the fastest there is',
): Command {
  return command
    .option('--backend <name>', `auto, ${BACKEND_NAMES.join(', ')} (default: ${fallback})`)
    .option('--threads <n>', 'to ask the backend for', wholeNumber('--threads', 1, 1024))
}

export function addDataFlag(command: Command): Command {
  return command.option(
    '--data <dir>',
    'with four IDX files in MNIST’s layout, raw or .gz (default: MNIST itself)',
  )
}

export function jsonFlag(what: string): Option {
  return new Option('--json', `print ${what} as JSON`)
}
