import { type ReportedRun, runsDocument, studyDocument } from '@mnist-lab/study'
import {
  assertReportWritable,
  readStudy,
  reportedRun,
  studyResults,
  writeReport,
} from '@mnist-lab/study/node'
import { basename, join, resolve } from 'node:path'
import { evaluationSource } from '@mnist-lab/train/node'
import { statusLine, UsageError } from '@mnist-lab/terminal'
import type { CommandContext } from '../commands/command.js'
import type { ReportFlags } from '../commands/report.js'

/** Writes the report of runs or of a study. */
export async function reportRuns(
  directories: readonly string[],
  flags: ReportFlags,
  { terminal }: CommandContext,
): Promise<void> {
  const [first] = directories
  const out = resolve(flags.out ?? (directories.length === 1 ? first! : join('runs', 'report')))
  await assertReportWritable(out)
  const source = evaluationSource(flags, terminal.signal)
  const line = statusLine(terminal.err)
  const show = (done: number, count: number) => line.show(`evaluated ${done}/${count}`)
  const make = async () => {
    const study = directories.length === 1 ? await readStudy(first!) : undefined
    return study === undefined
      ? runsDocument(
          await namedRuns(directories, (directory) => reportedRun(directory, source), show),
        )
      : studyDocument(await studyResults(resolve(first!), study, source, show))
  }
  const document = await make().finally(line.clear)
  for (const text of await writeReport(out, document, terminal.signal))
    terminal.out.write(`${text}\n`)
}

/** Names each run by its folder, or by its path as typed if two folders have the same name. */
async function namedRuns(
  directories: readonly string[],
  report: (directory: string) => Promise<ReportedRun>,
  onRun: (done: number, count: number) => void,
) {
  if (new Set(directories.map((directory) => resolve(directory))).size < directories.length) {
    throw new UsageError({
      where: 'mnist report',
      what: 'a run is named twice',
      hint: 'name each run once',
    })
  }
  const short = directories.map((directory) => basename(resolve(directory)))
  const names = new Set(short).size < short.length ? directories : short
  const runs = []
  for (const [at, directory] of directories.entries()) {
    runs.push({ name: names[at]!, ...(await report(directory)) })
    onRun(at + 1, directories.length)
  }
  return runs
}
