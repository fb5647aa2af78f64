// A study that an earlier version made. Every later version must be able to read it.
import { fileURLToPath } from 'node:url'
import { renderHtml, renderMarkdown } from '@mnist-lab/report'
import { beforeAll, describe, expect, test } from 'vitest'
import { seeTables, skipTables } from '../../report/test/fixtures/tables-in-chromium.js'
import { studyDocument, type StudyResults } from '../src/index.js'
import { readStudy, studyResults } from '../src/node.js'

const FOLDER = fileURLToPath(new URL('../../../tests/golden/study', import.meta.url))

const unneeded = (what: string) => () =>
  Promise.reject(new Error(`the evaluations are in the folder, so no ${what} is needed`))

describe('a study folder of an earlier version', () => {
  let results: StudyResults
  let markdown: string
  beforeAll(async () => {
    results = await studyResults(FOLDER, (await readStudy(FOLDER))!, {
      backend: unneeded('backend'),
      data: unneeded('data'),
      signal: new AbortController().signal,
    })
    markdown = renderMarkdown(studyDocument(results), 'figures').markdown
  })

  test('is read with all its runs', () => {
    expect(results.study).toMatchObject({
      status: 'completed',
      settings: { epochs: 1, seeds: 1, ablationSeeds: 0, backend: 'fused', limit: 64 },
    })
    expect(results.diverged).toEqual([])
    expect(
      results.runs.map(({ planned, run, evaluation, model }) => [
        planned.variant,
        run.epochs[0]!.validation!.accuracy,
        evaluation.wrong.length,
        model.parameters,
      ]),
    ).toEqual([
      ['lenet5', 0.0693, 9307, 61_706],
      ['custom-mlp', 0.0982, 9018, 61_720],
      ['lenet5-regularized', 0.0823, 9177, 61_706],
    ])
  })

  test('gives a report with its figures', () => {
    for (const text of [
      '| LeNet-5 | 1 | 0.0693 | – | 0.8653 | −0.7960 | 0.0721 | 0.0501 |',
      '| Custom MLP | 1 | 0.0982 | – | 0.1135 | −0.0153 | 0.0721 | 0.0721 |',
      '| Regularised LeNet-5 | 1 | 0.0823 | – | 0.7414 | −0.6591 | 0.0721 | 0.0538 |',
      '9,307 of 10,000 images are classified wrongly. The most frequent mistake is a 3 classified as a 4 (786 times).',
      'LeNet-5 minus that of the MLP is −0.0289, which is significant',
      'These runs use only the first 64 training images',
    ])
      expect(markdown).toContain(text)
  })

  test.skipIf(skipTables)(
    'gives a report whose tables are whole in any window and on A4 (no Chromium found: set CHROMIUM_PATH)',
    async () => {
      const seen = await seeTables(renderHtml(studyDocument(results)))
      expect(seen.flatMap(({ cut }) => cut)).toEqual([])
      expect(seen.at(-1)!.width).toBe(210)
      for (const { tables } of seen) expect(tables).toBeGreaterThan(6)
    },
  )
})
