import { SPEC_KEY } from '../formats/spec-key.js'
import { writeHdf5 } from '../formats/hdf5.js'
import type { NamedTensor } from '../weights.js'
import { batchShape, type KerasLayer, kerasLayers } from './keras-layers.js'
import { type ModelToExport, parametersOf } from './model-to-export.js'

/** The version whose format is written. Later versions read it too. */
const KERAS_VERSION = '3.0.0'
/** TensorFlow refuses them in the name of a model. */
const NOT_IN_NAMES = /^[^A-Za-z0-9]|[^A-Za-z0-9_]/g
/** A time within a file would make the same model give other bytes each time. */
const NO_TIME = new Date(1980, 0, 1)

/** Returns a model as a `.keras` file of Keras 3. */
export async function toKeras(model: ModelToExport): Promise<Uint8Array> {
  const { strToU8, zipSync } = await import('fflate')
  const layers = kerasLayers(model)
  const config = { module: 'keras', class_name: 'Sequential', config: topology(model, layers) }
  const metadata = {
    keras_version: KERAS_VERSION,
    date_saved: '',
    [SPEC_KEY]: JSON.stringify(model.spec),
  }
  const files = {
    'metadata.json': strToU8(JSON.stringify(metadata)),
    'config.json': strToU8(JSON.stringify({ ...config, registered_name: null })),
    'model.weights.h5': await weightsFile(model, layers),
  }
  return zipSync(files, { level: 0, mtime: NO_TIME })
}

function topology({ spec }: ModelToExport, layers: readonly KerasLayer[]): object {
  const input = { batch_shape: batchShape(spec), dtype: 'float32', name: 'pixels' }
  return {
    name: spec.name.replace(NOT_IN_NAMES, '_'),
    layers: [{ className: 'InputLayer', config: input }, ...layers].map(
      ({ className, config }) => ({
        module: 'keras.layers',
        class_name: className,
        config,
        registered_name: null,
      }),
    ),
  }
}

/**
 * Returns the weights as HDF5: those of a layer are named by its class and by how many layers of
 * the class stand before it.
 */
function weightsFile(
  { weights }: ModelToExport,
  layers: readonly KerasLayer[],
): Promise<Uint8Array> {
  const groups = ['layers']
  const datasets: NamedTensor[] = []
  const counts = new Map<string, number>()
  for (const { className, weightsOf } of layers) {
    if (weightsOf === undefined) continue
    const count = counts.get(className) ?? 0
    counts.set(className, count + 1)
    const group = `layers/${className.toLowerCase()}${count === 0 ? '' : `_${count}`}`
    groups.push(group, `${group}/vars`)
    for (const [at, tensor] of parametersOf(weightsOf, weights).entries())
      datasets.push({ ...tensor, name: `${group}/vars/${at}` })
  }
  return writeHdf5(groups, datasets)
}
