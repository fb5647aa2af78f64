import {
  lenet5,
  parseModelSpec,
  renderTorchinfo,
  renderTorchsummary,
  summary,
} from '@mnist-lab/models'
import { loadModel } from '../../../packages/cli/src/named-model.js'
import { inputFile } from '../input-file.js'
import { checkSameJson, jsonBytes } from '../json-input.js'
import type { Target } from '../target.js'

const LAYERS = [
  { type: 'conv2d', filters: 2, kernelSize: 3, stride: 1, padding: 'same' },
  { type: 'relu' },
  { type: 'maxPool2d', poolSize: 2 },
  { type: 'avgPool2d', poolSize: 2 },
  { type: 'dropout', rate: 0.5 },
  { type: 'flatten' },
  { type: 'tanh' },
  { type: 'dense', units: 10 },
  { type: 'softmax' },
]

/** Models as JSON, and their summaries. */
export const target: Target = {
  what: 'models as JSON (ModelSpec), and their summaries',
  format: 'json',
  seeds: () => [
    jsonBytes(lenet5()),
    jsonBytes({ name: 'a', inputShape: [12, 12, 1], layers: LAYERS }),
    jsonBytes({
      name: 'b',
      inputShape: [2, 2, 1],
      normalization: { mean: 0.1, std: 0.3 },
      layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
    }),
    ...LAYERS.map((layer) => jsonBytes({ name: 'c', inputShape: [5, 5, 2], layers: [layer] })),
  ],
  words: [
    ...LAYERS.map(({ type }) => type),
    'filters',
    'kernelSize',
    'stride',
    'padding',
    'valid',
    'same',
    'poolSize',
    'activation',
    'layers',
    'inputShape',
    'normalization',
    'mean',
    'std',
  ],
  async run(bytes) {
    const { spec } = await loadModel(inputFile('model.json', bytes))
    checkSameJson(parseModelSpec(JSON.parse(JSON.stringify(spec)), 'input'), spec)
    const facts = summary(spec, { batchSize: 3 })
    renderTorchsummary(facts)
    renderTorchinfo(facts)
  },
}
