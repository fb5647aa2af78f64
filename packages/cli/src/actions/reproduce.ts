import { agreementLines, studyDocument, studyPlan, type StudySettings } from '@mnist-lab/study'
import {
  assertReportWritable,
  checkSettings,
  readStudy,
  runStudy,
  settingsOfStudy,
  STUDY_FILE,
  studyResults,
  studyView,
  writeReport,
} from '@mnist-lab/study/node'
import { join, resolve } from 'node:path'
import { availableParallelism } from 'node:os'
import { loadDataset } from '@mnist-lab/data/node'
import { chooseBackend, evaluationSource } from '@mnist-lab/train/node'
import { lockFolder, removeTemporaryFiles } from '@mnist-lab/core/node'
import { INTERRUPTED, pathOf, programName, type Terminal } from '@mnist-lab/terminal'
import type { CommandContext } from '../commands/command.js'
import { namedData } from '../data-options.js'
import type { ReproduceFlags } from '../commands/reproduce.js'

const DEFAULTS = { epochs: 10, seeds: 5 }
/** The default number of seeds for each technique. Two are enough to show the spread. */
const ABLATION_SEEDS = 2

/** Trains whatever the study lacks, and writes its report. */
export async function reproduceStudy(
  flags: ReproduceFlags,
  { terminal, done }: CommandContext,
): Promise<void> {
  const directory = resolve(flags.out ?? join('runs', 'study'))
  // Before the lock, so that nothing is written beside files that are not ours.
  await settingsOfStudy(directory)
  const lock = await lockFolder(directory)
  try {
    await removeTemporaryFiles(directory, [STUDY_FILE])
    done(await reproduce(directory, flags, terminal))
  } finally {
    await lock.release()
  }
}

/**
 * Trains and reports the study in a folder that this process has locked.
 *
 * @returns the exit code
 */
async function reproduce(
  directory: string,
  flags: ReproduceFlags,
  terminal: Terminal,
): Promise<number> {
  const kept = await settingsOfStudy(directory)
  const { backend, why } = await chooseBackend(flags, kept?.backend)
  const { path } = await namedData(flags, terminal)
  const settings = settingsOf(
    { ...flags, ...(path === undefined ? {} : { data: path }) },
    backend.name,
  )
  if (kept !== undefined) checkSettings(directory, kept, settings)
  await assertReportWritable(directory)
  // Missing data, or too little of it, is reported before minutes of training.
  await loadDataset(settings.data, { limit: settings.limit, signal: terminal.signal })
  const study = {
    directory,
    settings,
    plan: studyPlan(settings),
    jobs: flags.jobs ?? Math.max(1, Math.floor(availableParallelism() / (flags.threads ?? 1))),
    ...(flags.allowOtherBuild === undefined ? {} : { allowOtherBuild: flags.allowOtherBuild }),
  }
  const reason =
    flags.backend === undefined && kept !== undefined
      ? `${backend.name}, with which the study began`
      : why
  terminal.out.write(`backend ${reason}\nfolder  ${pathOf(directory)}\n`)
  const view = studyView(study, terminal)
  if (!(await runStudy(study, view, terminal.signal).finally(view.clear))) {
    terminal.err.write(`interrupted; resume with: ${programName()} reproduce${typedFlags(flags)}\n`)
    return INTERRUPTED
  }
  const results = await studyResults(
    directory,
    (await readStudy(directory))!,
    evaluationSource(settings, terminal.signal),
  )
  const lines = [
    ...agreementLines(results),
    ...(await writeReport(directory, studyDocument(results), terminal.signal)),
  ]
  for (const line of lines) terminal.out.write(`${line}\n`)
  return 0
}

function settingsOf(
  { epochs, seeds, ablation, limit, data, threads }: ReproduceFlags,
  backend: string,
): StudySettings {
  const all = {
    ...DEFAULTS,
    ...(epochs === undefined ? {} : { epochs }),
    ...(seeds === undefined ? {} : { seeds }),
  }
  return {
    ...all,
    ablationSeeds: ablation ?? Math.min(ABLATION_SEEDS, all.seeds),
    backend,
    ...(threads === undefined ? {} : { threads }),
    ...(limit === undefined ? {} : { limit }),
    ...(data === undefined ? {} : { data: resolve(data) }),
  }
}

/**
 * Returns the flags as they were typed, so that the user can copy the command that resumes the
 * study.
 */
function typedFlags(flags: ReproduceFlags): string {
  return Object.entries(flags)
    .map(([name, value]) => {
      if (name === 'allowOtherBuild') return ' --allow-other-build'
      return ` --${name} ${name === 'ablation' && value === 0 ? 'no' : value}`
    })
    .join('')
}
