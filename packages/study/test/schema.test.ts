import { describe, expect, test } from 'vitest'
import { STUDY_SCHEMA, studySchema } from '../src/schema.js'

const study = {
  schema: STUDY_SCHEMA,
  status: 'completed',
  settings: { epochs: 10, seeds: 1, ablationSeeds: 0, backend: 'fused' },
  runs: [
    { directory: 'lenet5-seed-1', variant: 'lenet5', loss: 'doubleSoftmaxCrossEntropy', seed: 1 },
  ],
}

describe('the schema of study.json', () => {
  test('takes a study', () => {
    expect(studySchema.parse(study)).toEqual(study)
  })

  test.each([
    [{ runs: [...study.runs, ...study.runs] }, 'runs'],
    [{ runs: [{ ...study.runs[0], directory: '../elsewhere' }] }, 'runs'],
    [{ runs: [{ ...study.runs[0], variant: 'lenet6' }] }, 'runs'],
    [{ settings: { ...study.settings, seeds: 0 } }, 'settings'],
  ])('refuses %j', (change, path) => {
    const { error } = studySchema.safeParse({ ...study, ...change })
    expect(error?.issues[0]?.path[0]).toBe(path)
  })
})
