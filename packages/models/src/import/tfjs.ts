import { joinBytes, sizeOf } from '@mnist-lab/core'
import { SPEC_KEY } from '../formats/spec-key.js'
import { MAX_FOREIGN_BYTES, MAX_HEADER_BYTES, MAX_TENSORS } from '../limits.js'
import type { Normalization } from '../spec.js'
import { asDescribed } from './described-spec.js'
import { cannotImport, damagedFile, isRecord, isShape } from './foreign-error.js'
import { parseJsonPart } from './json-part.js'
import { configuredLayers, modelOfLayers } from './keras-layers.js'
import type { ForeignModel, ForeignTensor } from './layer-chain.js'

/** Returns the bytes of a file in the folder of another one. */
export type FileBeside = (name: string) => Promise<Uint8Array>

/**
 * Reads a layers model of TensorFlow.js.
 *
 * @param json the bytes of `model.json`
 * @param fileBeside reads the files of weights that it names
 */
export async function fromTensorFlowJs(
  json: Uint8Array,
  where: string,
  { pixels, fileBeside }: { readonly pixels: Normalization; readonly fileBeside: FileBeside },
): Promise<ForeignModel> {
  const file = parseJsonPart(json, where, MAX_HEADER_BYTES)
  if (!isRecord(file) || !isRecord(file['modelTopology'])) {
    throw cannotImport(where, 'JSON without a model', 'model.json of TensorFlow.js')
  }
  if (file['format'] === 'graph-model')
    throw cannotImport(where, 'a graph model of TensorFlow.js', 'a layers model')
  const topology = file['modelTopology']
  // TensorFlow's converter keeps the whole configuration of a Keras file.
  const described = configuredLayers(topology['model_config'] ?? topology, where)
  const tensors = await tensorsOf(file['weightsManifest'], where, fileBeside)
  const model = modelOfLayers(
    described,
    ({ name }) => [
      ...tensorNamed(tensors, `${name}/kernel`, where),
      ...tensorNamed(tensors, `${name}/bias`, where),
    ],
    { where, pixels },
  )
  const metadata = file['userDefinedMetadata']
  return asDescribed(model, isRecord(metadata) ? metadata[SPEC_KEY] : undefined, where)
}

/** Returns the tensor of this name, before which the name of the model may stand. */
function tensorNamed(
  tensors: ReadonlyMap<string, ForeignTensor>,
  name: string,
  where: string,
): readonly ForeignTensor[] {
  const found = [...tensors].filter(([key]) => key === name || key.endsWith(`/${name}`))
  if (found.length > 1) throw damagedFile(where, `two tensors are named ${name}`)
  return found.map(([, tensor]) => tensor)
}

async function tensorsOf(
  manifest: unknown,
  where: string,
  fileBeside: FileBeside,
): Promise<ReadonlyMap<string, ForeignTensor>> {
  if (!Array.isArray(manifest)) throw damagedFile(where, 'there is no weightsManifest in it')
  const tensors = new Map<string, ForeignTensor>()
  let total = 0
  for (const group of manifest as unknown[]) {
    if (!isRecord(group) || !Array.isArray(group['paths']) || !Array.isArray(group['weights']))
      throw damagedFile(where, 'a group of weights has no paths or no weights')
    const files: Uint8Array[] = []
    for (const path of group['paths'] as unknown[]) {
      const bytes = await fileBeside(checkName(path, where))
      total += bytes.length
      if (total > MAX_FOREIGN_BYTES)
        throw damagedFile(where, 'its files are too large', {
          expected: `at most ${MAX_FOREIGN_BYTES} bytes`,
        })
      files.push(bytes)
    }
    const bytes = joinBytes(files)
    let at = 0
    for (const described of group['weights'] as unknown[]) {
      if (tensors.size === MAX_TENSORS) throw damagedFile(where, 'it has too many tensors')
      const { name, shape } = checkTensor(described, where)
      const end = at + 4 * sizeOf(shape)
      if (end > bytes.length) {
        throw damagedFile(where, `tensor ${name} is truncated`, {
          expected: `${end} bytes`,
          got: String(bytes.length),
        })
      }
      // A copy, because a view would need an offset that 4 divides in every group.
      tensors.set(name, { shape, data: new Float32Array(bytes.buffer.slice(at, end)) })
      at = end
    }
    if (at !== bytes.length) {
      throw damagedFile(where, 'there are bytes behind the last tensor', {
        expected: `${at} bytes`,
        got: String(bytes.length),
      })
    }
  }
  return tensors
}

/** Checks that a path stays in the folder, because a model is not trusted. */
function checkName(path: unknown, where: string): string {
  if (typeof path === 'string' && path !== '' && !/[/\\:]|^\.\.?$/.test(path)) return path
  throw cannotImport(where, `the file ${JSON.stringify(path) ?? ''}`, 'files in the same folder')
}

function checkTensor(
  value: unknown,
  where: string,
): { readonly name: string; readonly shape: readonly number[] } {
  if (!isRecord(value) || typeof value['name'] !== 'string' || !isShape(value['shape']))
    throw damagedFile(where, 'a tensor has no name or no shape')
  const { name, shape, dtype, quantization } = value
  if (dtype !== 'float32' || quantization !== undefined)
    throw cannotImport(where, `tensor ${name as string} of another type`, 'float32, not quantized')
  return { name: name as string, shape: shape as readonly number[] }
}
