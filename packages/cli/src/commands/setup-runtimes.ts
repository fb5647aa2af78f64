import { printable, printableJson } from '@mnist-lab/core'
import { renderTable } from '@mnist-lab/report'
import type { Command } from 'commander'
import type { ListedRuntime } from '../runtimes/setup-runtimes.js'
import { type CommandContext, jsonFlag } from './command.js'
import { UsageError } from '@mnist-lab/terminal'

interface Flags {
  readonly list?: true
  readonly remove?: true
  readonly json?: true
}

/** Adds the command `mnist setup-runtimes`. */
export function addSetupRuntimesCommand(
  program: Command,
  { terminal, done }: CommandContext,
): void {
  program
    .command('setup-runtimes')
    .summary('Installs other JavaScript runtimes for the benchmark.')
    .description(
      'Installs other JavaScript runtimes for `bench --in`: versions of Node.js, Bun, Deno, workerd and others. They go into the user’s cache and ' +
        'not on the PATH. Every download has a fixed version and is checked against a known checksum. Packages of the system are installed with ' +
        'apt-get for root, and others are told the command. The environment variable MNIST_LAB_CACHE sets the folder.',
    )
    .argument('[names...]', 'the runtimes (default: all that this platform can have)')
    .option('--list', 'print which runtimes are installed, and their sizes')
    .option('--remove', 'remove the runtimes instead')
    .addOption(jsonFlag('the list'))
    .action(async (names: string[], { list, remove, json }: Flags) => {
      const { chosenRuntimes, listRuntimes, removeRuntimes, setupRuntimes } =
        await import('../runtimes/setup-runtimes.js')
      const chosen = chosenRuntimes(names)
      if (remove === true) {
        if (list === true || names.length === 0)
          throw new UsageError({
            where: '--remove',
            what: 'it needs the names of the runtimes to remove',
            hint: 'see --list',
          })
        for (const text of await removeRuntimes(chosen)) terminal.out.write(`${printable(text)}\n`)
        return
      }
      if (list !== true) {
        const failures = await setupRuntimes(chosen, terminal)
        if (failures.length > 0) done(2)
      }
      if (list === true || json === true) {
        const listed = await listRuntimes(chosen, terminal.signal)
        terminal.out.write(`${json ? printableJson(listed) : table(listed)}\n`)
      }
    })
}

function table(listed: readonly ListedRuntime[]): string {
  return renderTable(
    [{ header: 'runtime' }, { header: 'MB', align: 'right' }, { header: 'what is there' }],
    listed.map(({ name, state, folder, system }) => [
      name,
      state.state === 'installed' && folder !== undefined
        ? String(Math.round(state.bytes / 1e6))
        : '–',
      [
        state.state === 'installed'
          ? state.packages[0]
          : state.state === 'damaged'
            ? `damaged: ${state.reason}`
            : folder === undefined
              ? undefined
              : 'not installed',
        ...system.map(
          (one) => `${one.installed ? '' : 'without '}the system's package ${one.name}`,
        ),
      ]
        .filter((part) => part !== undefined)
        .join('; '),
    ]),
  )
}
