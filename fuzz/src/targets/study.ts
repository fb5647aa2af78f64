import { studySchema } from '@mnist-lab/study'
import { parseJson } from '../../../packages/train/src/train-error.js'
import { checkSame, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

/** The `study.json` of a reproduced experiment. */
export const target: Target = {
  what: 'study.json, the settings and runs of a study',
  format: 'json',
  seeds: () => [repositoryFile('tests/golden/study/study.json')],
  words: ['threads', 'limit', 'data', 'custom-mlp', 'doubleSoftmaxCrossEntropy', '..', 'a/b'],
  run(bytes) {
    const read = (bytes: Uint8Array) =>
      parseJson(studySchema, new TextDecoder().decode(bytes), 'input', 'choose another folder')
    const study = read(bytes)
    checkSame(read(jsonBytes(study)), study)
  },
}
