import { describe, expect, test } from 'vitest'
import { renderHtml, renderMarkdown } from '@mnist-lab/report'
import { runsDocument, studyDocument } from '../src/index.js'
import { headings, madeUpStudy, textOf } from './fixtures/study.js'

describe('the study’s report', () => {
  const study = madeUpStudy({
    seeds: 2,
    ablationSeeds: 2,
    find: ({ seed }) => ({ right: 950 + seed }),
  })
  const document = studyDocument(study)

  test('has every chapter, four plots with the original, and a picture of every kind for every model', () => {
    expect(
      document.blocks
        .filter(({ type }) => type === 'heading')
        .map((block) => ('level' in block && block.level === 2 ? block.text : ''))
        .filter((text) => text !== ''),
    ).toEqual([
      'Results',
      'Models and parameters',
      'Loss and accuracy by epoch',
      'Training time',
      'Agreement with the original',
      'Mistakes of the models',
      'LeNet-5 compared with the MLP',
      'Each regularisation technique alone',
      'The loss: softmax applied twice and once',
      'Method',
    ])
    const figures = document.blocks.flatMap((block) => (block.type === 'figure' ? [block] : []))
    for (const pass of ['train', 'validation']) {
      for (const kind of ['accuracy', 'loss']) {
        const { svg } = figures.find(({ name }) => name === `${pass}-${kind}`)!
        expect(svg).toContain('>original<')
        expect(svg).toContain('>range over seeds<')
      }
    }
    for (const kind of ['confusion', 'mistakes', 'filters'])
      expect(figures.filter(({ name }) => name.startsWith(kind))).toHaveLength(3)
  })

  test('is the same in HTML and in Markdown', () => {
    const html = renderHtml(document)
    const { markdown } = renderMarkdown(document, 'figures')
    for (const part of ['1279.52 s', '2 × 61,706 = 123,412', '1.4612']) {
      expect(html).toContain(part)
      expect(markdown).toContain(part)
    }
  })

  test('leaves out chapters without runs, and says what is missing', () => {
    expect(headings(madeUpStudy({ ablationSeeds: 0, find: () => ({ right: 900 }) }))).not.toContain(
      'Each regularisation technique alone',
    )
    const partly = madeUpStudy({
      find: () => ({ right: 900 }),
      finished: ({ variant }) => variant === 'lenet5',
    })
    expect(textOf(partly)).toContain('2 of 16 runs of this study are finished')
    expect(headings(partly)).not.toContain('LeNet-5 compared with the MLP')
    expect(textOf(madeUpStudy({ find: () => ({ right: 900 }), finished: () => false }))).toContain(
      '0 of 16 runs',
    )
  })
})

test('a report of any runs shows curves, tables, confusion and filters of each, and nothing of the original', () => {
  const { runs } = madeUpStudy({ find: ({ variant }) => ({ right: 900 + variant.length }) })
  const document = runsDocument([
    { name: 'one', ...runs[0]! },
    { name: 'other', ...runs[8]! },
  ])
  const html = renderHtml(document)
  expect(html).toContain('<h2 id="other">other</h2>')
  expect(html).toContain('These runs use different losses')
  expect(html).not.toMatch(/original/i)
  expect(document.blocks.filter(({ type }) => type === 'figure')).toHaveLength(4 + 2 * 3)
  expect(runsDocument([{ name: 'one', ...runs[0]! }]).title).toBe('The run one')
})
