import { printable, printableJson } from '@mnist-lab/core'
import { renderTable } from '@mnist-lab/report'
import { UsageError } from '@mnist-lab/terminal'
import type { CommandContext } from '../commands/command.js'
import type { SetupRuntimesFlags } from '../commands/setup-runtimes.js'
import {
  chosenRuntimes,
  type ListedRuntime,
  listRuntimes,
  removeRuntimes,
  setupRuntimes,
} from '../runtimes/setup-runtimes.js'

/** Installs, lists or removes runtimes. */
export async function setUpRuntimes(
  names: readonly string[],
  { list, remove, json }: SetupRuntimesFlags,
  { terminal, done }: CommandContext,
): Promise<void> {
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
