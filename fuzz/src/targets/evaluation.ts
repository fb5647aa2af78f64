import type { Evaluation } from '@mnist-lab/train'
import { readEvaluation } from '../../../packages/train/src/node/run-folder.js'
import { inputFile, inputFolder } from '../input-file.js'
import { checkSameJson, jsonBytes } from '../json-input.js'
import type { Target } from '../target.js'

const SEED: Evaluation = {
  schema: 'mnist-lab/evaluation@1',
  weightsSha256: 'a'.repeat(64),
  dataset: { name: 'a', samples: 3, shape: [2, 2, 1], classNames: ['0', '1'] },
  backend: 'fused',
  train: { samples: 3, accuracy: 0.5 },
  confusion: [1, 1, 0, 1],
  wrong: [2],
  mistakes: [{ index: 2, label: 0, prediction: 1, confidence: 0.9, pixels: 'AAAAAA==' }],
  filters: { layer: 'conv2d_1', height: 1, width: 2, outputs: 2, pictures: [[0, 1]] },
}

/** The `evaluation.json` of a trained run. */
export const target: Target = {
  what: 'evaluation.json, the predictions of a trained run',
  format: 'json',
  seeds: () => [jsonBytes(SEED)],
  async run(bytes) {
    const read = (bytes: Uint8Array) => {
      inputFile('evaluation.json', bytes)
      return readEvaluation(inputFolder())
    }
    const evaluation = await read(bytes)
    checkSameJson(await read(jsonBytes(evaluation)), evaluation)
  },
}
