// Exports: a model and its weights as files of other programs. Each format is loaded when it is
// asked for.
import { type ExportedFile, modelToExport } from './export/model-to-export.js'
import type { ModelSpec } from './spec.js'
import type { Weights } from './weights.js'

export type { ExportedFile } from './export/model-to-export.js'

/** The name of a format of another program. */
export type ExportFormat = 'onnx' | 'keras' | 'tfjs' | 'pytorch' | 'safetensors'

/** The formats, and the files that each consists of. */
export const EXPORT_FORMATS: Readonly<Record<ExportFormat, { readonly isFolder: boolean }>> = {
  onnx: { isFolder: false },
  keras: { isFolder: false },
  tfjs: { isFolder: true },
  pytorch: { isFolder: true },
  safetensors: { isFolder: false },
}

/**
 * Returns the files of a model for another program. The same model gives the same bytes. Where the
 * format has a graph, its input is pixels from 0 to 1 and the graph normalises them.
 *
 * @throws ModelError when the model is wrong, when its weights do not fit, or when the format
 *   cannot hold one of its layers
 */
export async function exportModel(
  spec: ModelSpec,
  weights: Weights,
  { to }: { readonly to: ExportFormat },
): Promise<readonly ExportedFile[]> {
  const model = modelToExport(spec, weights)
  switch (to) {
    case 'onnx': {
      const { toOnnx } = await import('./export/onnx.js')
      return [{ name: 'model.onnx', bytes: toOnnx(model) }]
    }
    case 'keras': {
      const { toKeras } = await import('./export/keras.js')
      return [{ name: 'model.keras', bytes: await toKeras(model) }]
    }
    case 'tfjs': {
      const { toTensorFlowJs } = await import('./export/tfjs.js')
      return toTensorFlowJs(model)
    }
    case 'pytorch': {
      const { toPyTorch } = await import('./export/pytorch.js')
      return toPyTorch(model)
    }
    case 'safetensors': {
      const { toSafetensors } = await import('./export/safetensors.js')
      return [{ name: 'model.safetensors', bytes: toSafetensors(model) }]
    }
  }
}

/**
 * Returns the model without the softmax at its end, so that it predicts logits, as losses of other
 * programs take them.
 */
export function withoutSoftmax(spec: ModelSpec): ModelSpec {
  return spec.layers.at(-1)!.type === 'softmax' && spec.layers.length > 1
    ? { ...spec, layers: spec.layers.slice(0, -1) }
    : spec
}
