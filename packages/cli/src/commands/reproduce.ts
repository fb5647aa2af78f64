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
import type { Command } from 'commander'
import { join, resolve } from 'node:path'
import { availableParallelism } from 'node:os'
import { loadMnist } from '@mnist-lab/data/node'
import { type BackendChoice, chooseBackend, evaluationSource } from '@mnist-lab/train/node'
import { lockFolder, removeTemporaryFiles } from '@mnist-lab/core/node'
import {
  INTERRUPTED,
  path,
  pathOf,
  programName,
  type Terminal,
  UsageError,
  wholeNumber,
} from '@mnist-lab/terminal'
import { addBackendFlags, addDataFlag, type CommandContext, MAX_IMAGES } from './command.js'

/**
 * The largest number of seeds. The exact tests count all arrangements of the seeds, so it is
 * limited.
 */
const MAX_SEEDS = 10
const DEFAULTS = { epochs: 10, seeds: 5 }
/** The default number of seeds for each technique. Two are enough to show the spread. */
const ABLATION_SEEDS = 2

interface Flags extends BackendChoice {
  readonly epochs?: number
  readonly seeds?: number
  readonly ablation?: number
  readonly limit?: number
  readonly jobs?: number
  readonly out?: string
  readonly data?: string
  readonly allowOtherBuild?: true
}

/** Adds the command `mnist reproduce`. */
export function addReproduceCommand(program: Command, { terminal, done }: CommandContext): void {
  const command = program
    .command('reproduce')
    .summary('Reproduces the whole study and writes its report.')
    .description(
      'Reproduces the whole study: trains every model, compares the figures with the published ones, and writes a report as HTML, as Markdown and, where Chromium is installed, as PDF. ' +
        'An interrupted study resumes when the command is run again. A larger --seeds adds runs to those that exist.',
    )
  addDataFlag(addBackendFlags(command))
    .option(
      '--epochs <n>',
      'the number of epochs of every run (default: 10)',
      wholeNumber('--epochs', 1, 1000),
    )
    .option(
      '--seeds <n>',
      'the number of seeds for each of the three models (default: 5)',
      wholeNumber('--seeds', 1, MAX_SEEDS),
    )
    .option(
      '--ablation <seeds>',
      'the number of seeds for the runs with one technique each and the runs with softmax applied once; “no” leaves these runs out (default: 2, but at most --seeds)',
      ablationSeeds,
    )
    .option(
      '--limit <n>',
      'train only on the first n images',
      wholeNumber('--limit', 1, MAX_IMAGES),
    )
    .option(
      '--jobs <n>',
      'the number of runs at the same time, except for the timed runs (default: the number of cores)',
      wholeNumber('--jobs', 1, 256),
    )
    .option('--out <dir>', 'the folder of the study (default: runs/study)', path('--out'))
    .option(
      '--allow-other-build',
      'resume unfinished runs also with another build or number of threads than they began with; their run.json then says so',
    )
    .action(async (flags: Flags) => {
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
    })
}

/**
 * Trains and reports the study in a folder that this process has locked.
 *
 * @returns the exit code
 */
async function reproduce(directory: string, flags: Flags, terminal: Terminal): Promise<number> {
  const kept = await settingsOfStudy(directory)
  const { backend, why } = await chooseBackend(flags, kept?.backend)
  const settings = settingsOf(flags, backend.name)
  if (kept !== undefined) checkSettings(directory, kept, settings)
  await assertReportWritable(directory)
  // Missing data, or too little of it, is reported before minutes of training.
  await loadMnist({ directory: settings.data, limit: settings.limit })
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

/** Parses `--ablation`. @throws UsageError */
function ablationSeeds(text: string): number {
  if (text === 'no') return 0
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_SEEDS) return value
  throw new UsageError({
    where: '--ablation',
    expected: `no, or a whole number from 1 to ${MAX_SEEDS}`,
    got: JSON.stringify(text),
    hint: 'correct the flag',
  })
}

function settingsOf(
  { epochs, seeds, ablation, limit, data, threads }: Flags,
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
function typedFlags(flags: Flags): string {
  return Object.entries(flags)
    .map(([name, value]) => {
      if (name === 'allowOtherBuild') return ' --allow-other-build'
      return ` --${name} ${name === 'ablation' && value === 0 ? 'no' : value}`
    })
    .join('')
}
