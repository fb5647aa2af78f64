import type { StudyResults } from '../study-result.js'
import type { Inline, ReportDocument } from '@mnist-lab/report'
import { agreementChapter } from './agreement-chapter.js'
import { comparisonChapter } from './comparison-chapter.js'
import { lossChapter } from './loss-chapter.js'
import { methodChapter } from './method-chapter.js'
import { mistakesChapter } from './mistakes-chapter.js'
import { modelsChapter } from './models-chapter.js'
import { dataName, overviewChapter } from './overview-chapter.js'
import { regularisationChapter } from './regularisation-chapter.js'
import { machineText, timeChapter } from './time-chapter.js'
import { trainingChapter } from './training-chapter.js'
import { counted } from './wording.js'

/**
 * The study as a report. Every figure, and every sentence that depends on one, is derived from the results; chapters whose
 * runs are missing are left out.
 */
export function studyDocument(results: StudyResults): ReportDocument {
  return {
    title: `LeNet-5, an MLP and a regularised LeNet-5 on ${results.study.settings.data === undefined ? 'MNIST' : dataName(results.runs)}, reproduced`,
    subtitle: subtitle(results),
    blocks: [
      overviewChapter,
      modelsChapter,
      trainingChapter,
      timeChapter,
      agreementChapter,
      mistakesChapter,
      comparisonChapter,
      regularisationChapter,
      lossChapter,
      methodChapter,
    ].flatMap((chapter) => chapter(results)),
  }
}

function subtitle({ runs }: StudyResults): Inline {
  const [first] = runs
  if (first === undefined) return 'No run is finished yet.'
  const date = runs
    .map(({ run }) => String(run.environment['date'] ?? ''))
    .toSorted()
    .at(-1)!
    .slice(0, 10)
  return `${counted(runs.length, 'run')}${date === '' ? '' : `, the last of ${date}`}. ${machineText(first)}`
}
