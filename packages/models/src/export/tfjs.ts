import { joinBytes } from '@mnist-lab/core'
import { SPEC_KEY } from '../formats/spec-key.js'
import { batchShape, kerasLayers } from './keras-layers.js'
import type { ExportedFile, ModelToExport } from './model-to-export.js'

/** The bytes of a file with weights, as TensorFlow.js's own converter divides them. */
const SHARD_BYTES = 4 * 2 ** 20

/** Returns a layers model of TensorFlow.js: `model.json` and the files of weights that it names. */
export function toTensorFlowJs(model: ModelToExport): readonly ExportedFile[] {
  const { spec, weights } = model
  const input = { batch_input_shape: batchShape(spec), dtype: 'float32', sparse: false }
  const layers = [
    { className: 'InputLayer', config: { name: 'pixels', ...input } },
    ...kerasLayers(model),
  ].map(({ className, config }) => ({ class_name: className, config }))
  const bytes = joinBytes(
    weights.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  )
  const count = Math.ceil(bytes.length / SHARD_BYTES)
  const shards = Array.from({ length: count }, (_, at) => ({
    name: `group1-shard${at + 1}of${count}.bin`,
    bytes: bytes.subarray(at * SHARD_BYTES, (at + 1) * SHARD_BYTES),
  }))
  const json = {
    format: 'layers-model',
    generatedBy: 'mnist-lab',
    convertedBy: null,
    userDefinedMetadata: { [SPEC_KEY]: JSON.stringify(spec) },
    modelTopology: { class_name: 'Sequential', config: { name: spec.name, layers } },
    weightsManifest: [
      {
        paths: shards.map(({ name }) => name),
        weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  }
  return [{ name: 'model.json', bytes: jsonBytes(json) }, ...shards]
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`)
}
