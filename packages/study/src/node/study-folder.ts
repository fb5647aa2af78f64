// The folder of a study: `study.json`, and a folder for every run.
import { createFolder, folderHolds, writeFileAtomic } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'
import { canonicalJson, type RunResult } from '@mnist-lab/train'
import { hasCheckpoint, readResult, readRun } from '@mnist-lab/train/node'
import { join, resolve } from 'node:path'
import type { PlannedRun } from '../plan.js'
import { STUDY_SCHEMA, type StudyFile, type StudySettings, studySchema } from '../schema.js'

/** The file of a study's settings and runs. */
export const STUDY_FILE = 'study.json'
/** The most bytes of that file. The largest study that can be planned takes a fiftieth of it. */
const MAX_STUDY_BYTES = 2 ** 20

/**
 * The settings that may change in an existing study. A change of any other setting would mix two
 * experiments.
 */
const EXTENSIBLE: readonly string[] = ['seeds', 'ablationSeeds']

/**
 * Reads `study.json`.
 *
 * @returns undefined if the folder has no such file
 * @throws TrainError if the file is not valid
 */
export function readStudy(directory: string): Promise<StudyFile | undefined> {
  return readResult(directory, studySchema, {
    name: STUDY_FILE,
    maxBytes: MAX_STUDY_BYTES,
    hint: 'the file is damaged or of another version; choose another folder for the study',
  })
}

/**
 * Writes `study.json`.
 *
 * @throws TrainError if the file cannot be written
 */
export function writeStudy(directory: string, study: StudyFile): Promise<void> {
  return writeFileAtomic(
    join(resolve(directory), STUDY_FILE),
    `${JSON.stringify(study, undefined, 2)}\n`,
  )
}

/**
 * Returns the settings of the study in this folder, or undefined if the folder is empty or missing.
 *
 * @throws FileError if the folder holds something else
 */
export async function settingsOfStudy(directory: string): Promise<StudySettings | undefined> {
  const isStudy = await folderHolds(directory, STUDY_FILE, 'study')
  return isStudy ? (await readStudy(directory))?.settings : undefined
}

/**
 * Checks that the settings are those of the study in the folder.
 *
 * @throws UsageError naming the first setting that differs
 */
export function checkSettings(directory: string, kept: StudySettings, asked: StudySettings): void {
  const [before, now] = [resolvedSettings(kept), resolvedSettings(asked)]
  for (const key of Object.keys({ ...before, ...now }) as (keyof StudySettings)[]) {
    if (EXTENSIBLE.includes(key) || before[key] === now[key]) continue
    throw new UsageError({
      where: directory,
      what: `the study in this folder was started with another --${key}`,
      expected: `${before[key] ?? 'none'}`,
      got: `${now[key] ?? 'none'}`,
      hint: 'keep the flag as it was, or choose another folder with --out',
    })
  }
}

/**
 * Returns the settings with an absolute path of the data, so that they hold in any working
 * directory.
 */
export function resolvedSettings(settings: StudySettings): StudySettings {
  return settings.data === undefined ? settings : { ...settings, data: resolve(settings.data) }
}

/** The progress of a planned run: not started, started with a checkpoint, or finished. */
export type RunState = 'absent' | 'begun' | 'finished'

/**
 * Tells how far a planned run has come.
 *
 * @param study the folder of the study
 * @throws UsageError if the run's folder holds another run
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
      data: dataText(data),
      samples: limit ?? run.dataset.trainSamples,
      initialWeights: 'pytorch',
    })
  if (!same) {
    throw new UsageError({
      where: directory,
      what: 'the folder holds another run',
      hint: 'remove the folder, or choose another folder for the study with --out',
    })
  }
  if (run.status === 'completed' || run.status === 'diverged') return 'finished'
  return (await hasCheckpoint(directory)) ? 'begun' : 'absent'
}

/** Everything about a run that its figures depend on. */
function definition({ model, plan, epochsPlanned, dataset, initialWeights }: RunResult): unknown {
  return {
    model,
    plan,
    epochsPlanned,
    initialWeights,
    data: dataText(dataset.directory),
    samples: dataset.trainSamples,
  }
}

function dataText(directory: string | undefined): string {
  return directory === undefined ? 'MNIST' : resolve(directory)
}

/** Writes `study.json` for these settings and runs. The folder is created if it is missing. */
export async function keepStudy(
  directory: string,
  settings: StudySettings,
  plan: readonly PlannedRun[],
  status: StudyFile['status'],
): Promise<void> {
  await createFolder(directory)
  const runs = plan.map(({ directory, variant, loss, seed }) => ({
    directory,
    variant,
    loss,
    seed,
  }))
  await writeStudy(directory, { schema: STUDY_SCHEMA, status, settings, runs })
}
