import { canonicalJson, type RunResult } from '@mnist-lab/train'
import { STUDY_SCHEMA, type StudyResult, type StudySettings } from '../study-result.js'
import { hasCheckpoint, readRun } from '@mnist-lab/train/node'
import { readStudy, writeStudy } from './study-file.js'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '@mnist-lab/terminal'
import type { PlannedRun } from '../study-plan.js'

const MEND = 'leave the flag as it was, or reproduce into another folder with --out'

/** What may be asked for anew in a study that is there: the rest would mix two experiments. */
const EXTENSIBLE: readonly string[] = ['seeds', 'ablationSeeds']

/**
 * What a study in this folder was begun with.
 *
 * @throws UsageError when the folder holds something else
 */
export async function settingsOfStudy(directory: string): Promise<StudySettings | undefined> {
  const study = await readStudy(directory)
  if (study !== undefined) return study.settings
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new UsageError({
      where: directory,
      what: `cannot be read (${error.code})`,
      hint: 'choose another folder',
      cause: error,
    })
  })
  if (entries.length === 0) return undefined
  throw new UsageError({
    where: directory,
    what: 'the folder holds files that are not a study’s',
    expected: 'an empty folder or none',
    got: entries.slice(0, 3).join(', '),
    hint: 'choose another folder with --out',
  })
}

/** @throws UsageError naming the first setting that a study in the folder was not begun with */
export function checkSettings(directory: string, kept: StudySettings, asked: StudySettings): void {
  for (const key of Object.keys({ ...kept, ...asked }) as (keyof StudySettings)[]) {
    if (EXTENSIBLE.includes(key) || kept[key] === asked[key]) continue
    const flag = `--${key}`
    throw new UsageError({
      where: directory,
      what: `the study there was begun with another ${flag}`,
      expected: `${kept[key] ?? 'none'}`,
      got: `${asked[key] ?? 'none'}`,
      hint: MEND,
    })
  }
}

/** Where a planned run stands. */
export type RunState = 'absent' | 'begun' | 'finished'

/**
 * @param study the study's folder
 * @throws UsageError when another run is in its folder
 */
export async function stateOfRun(
  study: string,
  planned: PlannedRun,
  { epochs, limit, data }: StudySettings,
): Promise<RunState> {
  const directory = join(study, planned.directory)
  const run = await readRun(directory)
  if (run === undefined) return 'absent'
  const same =
    canonicalJson(definition(run)) ===
    canonicalJson({
      model: planned.spec,
      plan: planned.plan,
      epochsPlanned: epochs,
      data: data ?? 'MNIST',
      samples: limit ?? run.dataset.trainSamples,
      initialWeights: 'pytorch',
    })
  if (!same) {
    throw new UsageError({
      where: directory,
      what: 'another run is there',
      hint: 'remove it, or reproduce into another folder with --out',
    })
  }
  if (run.status === 'completed' || run.status === 'diverged') return 'finished'
  return (await hasCheckpoint(directory)) ? 'begun' : 'absent'
}

function definition({ model, plan, epochsPlanned, dataset, initialWeights }: RunResult): unknown {
  return {
    model,
    plan,
    epochsPlanned,
    initialWeights,
    data: dataset.directory ?? 'MNIST',
    samples: dataset.trainSamples,
  }
}

/** Keeps what the study is; its folder is made. */
export async function keepStudy(
  directory: string,
  settings: StudySettings,
  plan: readonly PlannedRun[],
  status: StudyResult['status'],
): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError({
      where: directory,
      what: `cannot be made (${cause.code})`,
      hint: 'choose another folder with --out',
      cause,
    })
  })
  const runs = plan.map(({ directory, variant, loss, seed }) => ({
    directory,
    variant,
    loss,
    seed,
  }))
  await writeStudy(directory, { schema: STUDY_SCHEMA, status, settings, runs })
}
