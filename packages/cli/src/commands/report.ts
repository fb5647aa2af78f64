import { path, paths } from '@mnist-lab/terminal'
import type { BackendChoice } from '@mnist-lab/train/node'
import type { Command } from 'commander'
import { addBackendFlags, addDataFlag, type CommandContext } from './command.js'

/** The flags of `mnist report`. */
export interface ReportFlags extends BackendChoice {
  readonly data?: string
  readonly out?: string
}

/** Adds the command `mnist report`. */
export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .summary('Writes a report of runs or of a study.')
    .description(
      'Writes a report of runs, or of a study: curves, tables, confusion matrices, mistakes and filters. It is written as HTML, as Markdown and, where Chromium is installed, as PDF.',
    )
    .argument('<runs...>', 'the folders of runs, or the folder of one study', paths('<runs...>'))
  addDataFlag(
    addBackendFlags(
      command,
      'auto, the fastest one available; it evaluates runs that have not been evaluated',
    ),
  )
    .option(
      '--out <dir>',
      'the folder of the report (default: the given folder when it is only one, otherwise runs/report)',
      path('--out'),
    )
    .action(async (directories: readonly string[], flags: ReportFlags) => {
      const { reportRuns } = await import('../actions/report.js')
      await reportRuns(directories, flags, context)
    })
}
