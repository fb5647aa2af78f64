import { printableJson } from '@mnist-lab/core'
import { verifyMnist } from '@mnist-lab/data/node'
import { renderTable } from '@mnist-lab/report'
import type { Command } from 'commander'
import { basename } from 'node:path'
import { terminalWidth, UsageError } from '@mnist-lab/terminal'
import { addDataFlag, type CommandContext, jsonFlag } from './command.js'

interface Flags {
  readonly data?: string
  readonly json?: true
}

/** Adds the command `mnist data verify`. */
export function addDataCommand(program: Command, { terminal, done }: CommandContext): void {
  const data = program.command('data').description('Checks the data that models are trained on.')
  addDataFlag(
    data
      .command('verify')
      .description('Checks the four files of MNIST by their SHA-256 checksums.'),
  )
    .addOption(jsonFlag('the files and checksums'))
    .action(async ({ data: directory, json }: Flags) => {
      const reports = await verifyMnist(directory)
      const rows = reports.map(({ file, bytes, sha256, ok }) => [
        basename(file),
        String(bytes),
        sha256,
        ok ? 'ok' : 'DIFFERS',
      ])
      const table = renderTable(
        [
          { header: 'file' },
          { header: 'bytes', align: 'right' },
          { header: 'SHA-256' },
          { header: '' },
        ],
        rows,
        { width: terminalWidth(terminal.out) },
      )
      terminal.out.write(`${json ? printableJson(reports) : table}\n`)
      const wrong = reports.find(({ ok }) => !ok)
      done(wrong === undefined ? 0 : 2)
      if (wrong !== undefined && !json) {
        throw new UsageError({
          where: wrong.file,
          what: 'the file is not the one of MNIST',
          expected: `SHA-256 ${wrong.expected}`,
          got: wrong.sha256,
          hint: 'download the file again, or train on this data with --data',
        })
      }
    })
}
