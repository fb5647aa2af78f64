import { initialWeights, type ModelSpec } from '@mnist-lab/models'
import { type ExportFormat, exportModel } from '@mnist-lab/models/export'

/** Small models with every layer. */
const MODELS: readonly ModelSpec[] = [
  {
    name: 'a',
    inputShape: [5, 4, 2],
    normalization: { mean: 0.5, std: 0.25 },
    layers: [
      { type: 'conv2d', filters: 2, kernelSize: [2, 3], stride: 2, padding: 'same' },
      { type: 'relu' },
      { type: 'conv2d', filters: 1, kernelSize: 1, padding: 1 },
      { type: 'maxPool2d', poolSize: 2, stride: 1 },
      { type: 'avgPool2d', poolSize: [1, 2] },
      { type: 'flatten' },
      { type: 'tanh' },
      { type: 'dense', units: 2 },
      { type: 'softmax' },
    ],
  },
  {
    name: 'b',
    inputShape: [2, 2, 1],
    layers: [
      { type: 'flatten' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 2 },
      { type: 'dense', units: 3 },
    ],
  },
]

/** Returns the first file of each of some small models, to begin with. */
export async function exportedModels(to: ExportFormat): Promise<readonly Uint8Array[]> {
  const files: Uint8Array[] = []
  for (const spec of MODELS) {
    const weights = initialWeights(spec, { seed: 1, scheme: 'pytorch' })
    const [file] = await exportModel(spec, weights, { to })
    files.push(file!.bytes)
  }
  return files
}
