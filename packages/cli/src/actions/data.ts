import { printableJson } from '@mnist-lab/core'
import { verifyMnist } from '@mnist-lab/data/node'
import { renderTable } from '@mnist-lab/report'
import { terminalWidth, UsageError } from '@mnist-lab/terminal'
import { basename } from 'node:path'
import type { CommandContext } from '../commands/command.js'
import type { DataFlags } from '../commands/data.js'

/** Checks the files of MNIST. @throws UsageError naming the first file that differs */
export async function verifyData(
  { data: directory, json }: DataFlags,
  { terminal, done }: CommandContext,
): Promise<void> {
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
}
