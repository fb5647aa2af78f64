import { sizeOf } from '@mnist-lab/core'
import type { Dataset, File as Hdf5File } from 'h5wasm'
import { readHdf5 } from '../formats/hdf5.js'
import { SPEC_KEY } from '../formats/spec-key.js'
import { MAX_SPEC_BYTES } from '../limits.js'
import type { Normalization } from '../spec.js'
import { asDescribed } from './described-spec.js'
import { cannotImport, damagedFile, isRecord } from './foreign-error.js'
import { parseJsonPart } from './json-part.js'
import { configuredLayers, modelOfLayers, type WeightsOf } from './keras-layers.js'
import type { ForeignModel, ForeignTensor } from './layer-chain.js'

/**
 * Reads the files of a `.keras` archive of Keras 3.
 *
 * @param files the contents by name
 * @param where the archive, for errors
 */
export async function fromKeras(
  files: ReadonlyMap<string, Uint8Array>,
  where: string,
  pixels: Normalization,
): Promise<ForeignModel> {
  const fileOf = (name: string) => {
    const bytes = files.get(name)
    if (bytes === undefined) throw damagedFile(where, `there is no ${name} in it`)
    return bytes
  }
  const config = parseJsonPart(fileOf('config.json'), `${where} at config.json`, MAX_SPEC_BYTES)
  const described = configuredLayers(config, where)
  const weights = fileOf('model.weights.h5')
  const metadata = files.get('metadata.json')
  const more = metadata && parseJsonPart(metadata, `${where} at metadata.json`, 2 * MAX_SPEC_BYTES)
  const model = await readHdf5(weights, where, (file) =>
    modelOfLayers(described, weightsIn(file, described.layers, { where, bytes: weights.length }), {
      where,
      pixels,
    }),
  )
  return asDescribed(model, isRecord(more) ? more[SPEC_KEY] : undefined, where)
}

/**
 * Returns the weights of a layer in the file. They are named by the class of the layer and by how
 * many layers of the class stand before it.
 */
function weightsIn(
  file: Hdf5File,
  layers: readonly { readonly className: string }[],
  { where, bytes }: { readonly where: string; readonly bytes: number },
): WeightsOf {
  return (layer, expected) => {
    const sameClass = layers.filter(({ className }) => className === layer.className)
    const count = sameClass.indexOf(layer)
    const group = `layers/${layer.className.toLowerCase()}${count === 0 ? '' : `_${count}`}/vars`
    return expected.flatMap((shape, at): ForeignTensor[] => {
      const entity = file.get(`${group}/${at}`)
      if (entity === null || !('shape' in entity)) return []
      const dataset = entity as Dataset
      if (dataset.shape?.join() !== shape.join())
        return [{ shape: dataset.shape ?? [], data: NONE }]
      // A small file can declare a large dataset.
      if (sizeOf(dataset.shape!) * 4 > bytes) throw damagedFile(where, 'the weights are incomplete')
      const { value } = dataset
      if (!(value instanceof Float32Array))
        throw cannotImport(where, `weights of type ${JSON.stringify(dataset.dtype)}`, 'float32')
      return [{ shape: dataset.shape!, data: value }]
    })
  }
}

const NONE = new Float32Array(0)
