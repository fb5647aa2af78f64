import type { Inline, ReportDocument } from '@mnist-lab/report'
import { agreementChapter } from './chapters/agreement-chapter.js'
import { comparisonChapter } from './chapters/comparison-chapter.js'
import { counted } from './chapters/format.js'
import { lossChapter } from './chapters/loss-chapter.js'
import { methodChapter } from './chapters/method-chapter.js'
import { mistakesChapter } from './chapters/mistakes-chapter.js'
import { modelsChapter } from './chapters/models-chapter.js'
import { dataName, overviewChapter } from './chapters/overview-chapter.js'
import { regularisationChapter } from './chapters/regularisation-chapter.js'
import { machineText, timeChapter } from './chapters/time-chapter.js'
import { trainingChapter } from './chapters/training-chapter.js'
import type { StudyResults } from './results.js'

/**
 * Makes the report of a study. Every figure, and every sentence that depends on a figure, is
 * derived from the results. A chapter whose runs are missing is left out.
 */
export function studyDocument(results: StudyResults): ReportDocument {
  return {
    title: `LeNet-5, an MLP and a regularised LeNet-5 on ${results.study.settings.data === undefined ? 'MNIST' : dataName(results.runs)}: a reproduction`,
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
  return `This report covers ${counted(runs.length, 'run')}${date === '' ? '' : `, the last of ${date}`}. ${machineText(first)}`
}
