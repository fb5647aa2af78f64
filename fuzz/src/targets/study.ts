import { readStudy, STUDY_FILE } from '../../../packages/study/src/node/study-folder.js'
import { inputFile, inputFolder } from '../input-file.js'
import { checkSameJson, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

/** The `study.json` of a reproduced experiment. */
export const target: Target = {
  what: 'study.json, the settings and runs of a study',
  format: 'json',
  seeds: () => [repositoryFile('tests/golden/study/study.json')],
  words: ['threads', 'limit', 'data', 'custom-mlp', 'doubleSoftmaxCrossEntropy', '..', 'a/b'],
  async run(bytes) {
    const read = (bytes: Uint8Array) => {
      inputFile(STUDY_FILE, bytes)
      return readStudy(inputFolder())
    }
    const study = await read(bytes)
    checkSameJson(await read(jsonBytes(study)), study)
  },
}
