import { type ModelSpec, parseModelSpec, summary, torchsummary } from '@mnist-lab/models'
import { UsageError } from '@mnist-lab/terminal'
import { evaluateRun, type EvaluationSource, readRun } from '@mnist-lab/train/node'
import { join } from 'node:path'
import type {
  DivergedRun,
  ModelFacts,
  ReportedRun,
  ReportedStudyRun,
  StudyResults,
} from '../results.js'
import type { StudyFile } from '../schema.js'

/**
 * Reads everything that a report shows of one run. A run that was not evaluated yet is evaluated
 * first.
 *
 * @throws InputError if the folder holds no run, or a run without a finished epoch
 */
export async function reportedRun(
  directory: string,
  source: EvaluationSource,
): Promise<ReportedRun> {
  if ((await readRun(directory))?.importedFrom !== undefined) {
    throw new UsageError({
      where: directory,
      what: 'the model was imported, so there are no epochs to report',
      hint: 'mnist evaluate prints its figures',
    })
  }
  const evaluation = await evaluateRun(directory, source)
  const run = (await readRun(directory))!
  if (run.epochs.length === 0) {
    throw new UsageError({
      where: directory,
      what: 'the run has no finished epoch',
      hint: 'continue the run first: mnist train --resume',
    })
  }
  return { run, evaluation, model: factsOf(parseModelSpec(run.model, directory)) }
}

/**
 * Reads all completed and diverged runs of a study.
 *
 * @param onRun is called after each run with the number of runs read and the number of all runs
 */
export async function studyResults(
  directory: string,
  study: StudyFile,
  source: EvaluationSource,
  onRun: (done: number, count: number) => void = () => {},
): Promise<StudyResults> {
  const runs: ReportedStudyRun[] = []
  const diverged: DivergedRun[] = []
  for (const [at, planned] of study.runs.entries()) {
    const folder = join(directory, planned.directory)
    const run = await readRun(folder)
    if (run?.status === 'completed') runs.push({ planned, ...(await reportedRun(folder, source)) })
    if (run?.status === 'diverged') diverged.push({ planned, run })
    onRun(at + 1, study.runs.length)
  }
  return { study, runs, diverged }
}

function factsOf(spec: ModelSpec): ModelFacts {
  const facts = summary(spec)
  const { layers, megabytes } = torchsummary(facts)
  return {
    parameters: facts.total.parameters,
    multiplyAdds: facts.total.multiplyAdds,
    layers,
    megabytes,
  }
}
