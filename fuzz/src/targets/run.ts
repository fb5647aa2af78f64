import { decodeRun } from '@mnist-lab/train'
import { checkSameJson, jsonBytes } from '../json-input.js'
import { repositoryFile } from '../repository.js'
import type { Target } from '../target.js'

const weights = repositoryFile('tests/golden/run/weights.safetensors')

/** The `run.json` of a training run, with the weights of its model. */
export const target: Target = {
  what: 'run.json, the record of a training run',
  format: 'json',
  seeds: () => [
    repositoryFile('tests/golden/run/run.json'),
    repositoryFile('tests/golden/study/lenet5-seed-1/run.json'),
  ],
  words: [
    'variant',
    'earlierBuilds',
    'untilStep',
    'validationFrom',
    'testSamples',
    'directory',
    'completed',
    'diverged',
    'stopped-early',
    'running',
  ],
  run(bytes) {
    const { run } = decodeRun({ run: bytes, weights })
    checkSameJson(decodeRun({ run: jsonBytes(run), weights }).run, run)
  },
}
