import type { ReportedRun, ReportedStudyRun, StudyResult, StudyResults } from '../study-result.js'
import { type ModelSpec, parseModelSpec, summary, torchsummary } from '@mnist-lab/models'
import { evaluateRun, type EvaluationSource, readRun } from '@mnist-lab/train/node'
import { join } from 'node:path'
import { UsageError } from '@mnist-lab/terminal'

/**
 * Everything that a report says of a run.
 *
 * @throws InputError when the folder is no run's, or not one epoch of it is finished
 */
export async function reportedRun(
  directory: string,
  source: EvaluationSource,
): Promise<ReportedRun> {
  const evaluation = await evaluateRun(directory, source)
  const run = (await readRun(directory))!
  if (run.epochs.length === 0) {
    throw new UsageError({
      where: directory,
      what: 'not one epoch is finished',
      hint: 'go on with the run first: mnist train --resume',
    })
  }
  return { run, evaluation, model: factsOf(parseModelSpec(run.model, directory)) }
}

/** Of every run of a study that came to an end. */
export async function studyResults(
  directory: string,
  study: StudyResult,
  source: EvaluationSource,
  onRun: (done: number, count: number) => void = () => {},
): Promise<StudyResults> {
  const runs: ReportedStudyRun[] = []
  const diverged: StudyResults['diverged'][number][] = []
  for (const [at, planned] of study.runs.entries()) {
    const folder = join(directory, planned.directory)
    const run = await readRun(folder)
    if (run?.status === 'completed') runs.push({ planned, ...(await reportedRun(folder, source)) })
    if (run?.status === 'diverged') diverged.push({ planned, run })
    onRun(at + 1, study.runs.length)
  }
  return { study, runs, diverged }
}

function factsOf(spec: ModelSpec): ReportedRun['model'] {
  const facts = summary(spec)
  const { layers, megabytes } = torchsummary(facts)
  return {
    parameters: facts.total.parameters,
    multiplyAdds: facts.total.multiplyAdds,
    layers,
    megabytes,
  }
}
