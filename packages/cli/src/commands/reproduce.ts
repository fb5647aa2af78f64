import { agreementLines, studyDocument, studyPlan, type StudySettings } from '@mnist-lab/study'
import {
  checkSettings,
  readStudy,
  runStudy,
  settingsOfStudy,
  studyResults,
  studyView,
  writeReport,
} from '@mnist-lab/study/node'
import type { Command } from 'commander'
import { join, resolve } from 'node:path'
import { availableParallelism } from 'node:os'
import { loadMnist } from '@mnist-lab/data/node'
import type { CommandContext } from '../mnist.js'
import { type BackendChoice, chooseBackend, evaluationSource } from '@mnist-lab/train/node'
import { INTERRUPTED, pathOf, programName, UsageError, wholeNumber } from '@mnist-lab/terminal'
import { addBackendFlags, addDataFlag } from './flags.js'

/** What an exact test over seeds can still count; each costs minutes. */
const MAX_SEEDS = 10
const DEFAULTS = { epochs: 10, seeds: 5 }
/** Where the user says nothing: enough to see a spread, at half the time of three. */
const ABLATION_SEEDS = 2

interface Flags extends BackendChoice {
  readonly epochs?: number
  readonly seeds?: number
  readonly ablation?: number
  readonly limit?: number
  readonly jobs?: number
  readonly out?: string
  readonly data?: string
}

export function addReproduceCommand(program: Command, { terminal, done }: CommandContext): void {
  const command = program
    .command('reproduce')
    .description(
      'The whole study beside the published figures: trains every model, and writes a report as HTML, Markdown and, where a Chromium is found, PDF. ' +
        'Run again, it goes on where it stopped; more --seeds are added to those that are there.',
    )
  addDataFlag(addBackendFlags(command))
    .option('--epochs <n>', 'of every run (default: 10)', wholeNumber('--epochs', 1, 1000))
    .option('--seeds <n>', 'of the three models (default: 5)', wholeNumber('--seeds', 1, MAX_SEEDS))
    .option(
      '--ablation <seeds>',
      'of the runs that verify each technique, and those with softmax once; no: none (default: 2, or --seeds when fewer)',
      ablationSeeds,
    )
    .option('--limit <n>', 'train on the first so many images', wholeNumber('--limit', 1, 60_000))
    .option(
      '--jobs <n>',
      'runs at once, but for the timed ones (default: as many as there are cores)',
      wholeNumber('--jobs', 1, 256),
    )
    .option('--out <dir>', 'of the study (default: runs/study)')
    .action(async (flags: Flags) => {
      const directory = resolve(flags.out ?? join('runs', 'study'))
      const kept = await settingsOfStudy(directory)
      const { backend, why } = await chooseBackend(flags, kept?.backend)
      const settings = settingsOf(flags, backend.name)
      if (kept !== undefined) checkSettings(directory, kept, settings)
      // Before minutes of training: whether the data is there, and as much of it as asked for.
      await loadMnist({ directory: settings.data, limit: settings.limit })
      const study = {
        directory,
        settings,
        plan: studyPlan(settings),
        jobs: flags.jobs ?? Math.max(1, Math.floor(availableParallelism() / (flags.threads ?? 1))),
      }
      const reason =
        flags.backend === undefined && kept !== undefined
          ? `${backend.name}, as the study was begun`
          : why
      terminal.out.write(`backend ${reason}\nfolder  ${pathOf(directory)}\n`)
      const view = studyView(study, terminal)
      if (!(await runStudy(study, view, terminal.signal).finally(view.clear))) {
        terminal.err.write(
          `interrupted; go on with: ${programName()} reproduce${flagsAgain(flags)}\n`,
        )
        return done(INTERRUPTED)
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
    })
}

/** @throws UsageError */
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

/** As they were typed, so that going on is one line to copy. */
function flagsAgain(flags: Flags): string {
  return Object.entries(flags)
    .map(([name, value]) => ` --${name} ${name === 'ablation' && value === 0 ? 'no' : value}`)
    .join('')
}
