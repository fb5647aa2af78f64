import type { DatasetName } from '@mnist-lab/data/list'
import { path, UsageError, wholeNumber } from '@mnist-lab/terminal'
import type { BackendChoice } from '@mnist-lab/train/node'
import type { Command } from 'commander'
import {
  addBackendFlags,
  addDataFlag,
  addDatasetFlag,
  type CommandContext,
  MAX_IMAGES,
} from './command.js'

/**
 * The largest number of seeds. The exact tests count all arrangements of the seeds, so it is
 * limited.
 */
const MAX_SEEDS = 10

/** The flags of `mnist reproduce`. */
export interface ReproduceFlags extends BackendChoice {
  readonly epochs?: number
  readonly seeds?: number
  readonly ablation?: number
  readonly limit?: number
  readonly jobs?: number
  readonly out?: string
  readonly data?: string
  readonly dataset?: DatasetName
  readonly allowOtherBuild?: true
}

/** Adds the command `mnist reproduce`. */
export function addReproduceCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('reproduce')
    .summary('Reproduces the whole study and writes its report.')
    .description(
      'Reproduces the whole study: trains every model, compares the figures with the published ones, and writes a report as HTML, as Markdown and, where Chromium is installed, as PDF. ' +
        'An interrupted study resumes when the command is run again. A larger --seeds adds runs to those that exist.',
    )
  addDatasetFlag(addDataFlag(addBackendFlags(command)))
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
    .action(async (flags: ReproduceFlags) => {
      const { reproduceStudy } = await import('../actions/reproduce.js')
      await reproduceStudy(flags, context)
    })
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
