// Imports: a model and its weights from files of other programs. Each format is loaded when a file
// has it.
import { unpackArchive } from './import/archive.js'
import { parseDescribed } from './import/described-spec.js'
import { cannotImport } from './import/foreign-error.js'
import type { ForeignModel } from './import/layer-chain.js'
import type { FileBeside } from './import/tfjs.js'
import { SPEC_KEY } from './formats/spec-key.js'
import { ModelError } from './model-error.js'
import { readSafetensors } from './safetensors.js'
import type { ModelSpec, Normalization } from './spec.js'
import type { NamedTensor } from './weights.js'

export type { FileBeside } from './import/tfjs.js'
export { MAX_FOREIGN_BYTES } from './limits.js'

/** The name of a format that is imported. */
export type ImportFormat = 'onnx' | 'keras' | 'tfjs' | 'pytorch' | 'safetensors'

/** A model from a file of another program. */
export interface ImportedModel extends Pick<ForeignModel, 'spec' | 'weights'> {
  readonly format: ImportFormat
}

/** What the file does not say. */
export interface ImportOptions {
  /** The model of a file of weights alone. */
  readonly spec?: ModelSpec
  /**
   * How the input of the model follows from pixels from 0 to 1, where a program normalises them
   * before it calls the model: (pixel − mean) / std.
   *
   * @default { mean: 0, std: 1 }, or { mean: 0, std: 1 / 255 } where the model itself begins by
   *   dividing by more than 100
   */
  readonly normalization?: Normalization
  /** Reads a file in the same folder, for formats of several files. @default there is none */
  readonly fileBeside?: FileBeside
}

/**
 * Reads a model of another program. The format follows from the bytes.
 *
 * @param name of the file, for errors
 * @throws ModelError when the file is damaged or too large, or when it has something that a
 *   ModelSpec has no word for
 */
export async function importModel(
  bytes: Uint8Array,
  name: string,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  const format = formatOf(bytes)
  if (typeof format === 'object') throw cannotImport(name, format.what, format.expected)
  const { isDescribed, ...model } = await modelIn(format, bytes, name, options)
  return isDescribed === true ? model : { ...model, spec: onPixels(model.spec, options) }
}

async function modelIn(
  format: ImportFormat | 'zip',
  bytes: Uint8Array,
  name: string,
  options: ImportOptions,
): Promise<ImportedModel & ForeignModel> {
  const pixels = options.normalization ?? { mean: 0, std: 1 }
  const isWhole = format === 'onnx' || format === 'tfjs'
  if (isWhole) refuseSpec(name, options)
  switch (format) {
    case 'onnx': {
      const { fromOnnx } = await import('./import/onnx.js')
      return { format, ...fromOnnx(bytes, name, pixels) }
    }
    case 'tfjs': {
      const { fromTensorFlowJs } = await import('./import/tfjs.js')
      const { fileBeside = noFileBeside(name) } = options
      return { format, ...(await fromTensorFlowJs(bytes, name, { pixels, fileBeside })) }
    }
    case 'safetensors': {
      const { tensors, metadata } = readSafetensors(bytes, name)
      const json = metadata[SPEC_KEY]
      const described = json === undefined ? undefined : parseDescribed(json, name)
      return withWeights(tensors, name, { described, ...options })
    }
    default: {
      const files = await unpackArchive(bytes, name)
      if (files.has('config.json')) {
        refuseSpec(name, options)
        const { fromKeras } = await import('./import/keras.js')
        return { format: 'keras', ...(await fromKeras(files, name, pixels)) }
      }
      if ([...files.keys()].some((file) => /^[^/]*\/data\.pkl$/.test(file))) {
        const { tensorsOfTorchArchive } = await import('./import/pytorch.js')
        return withWeights(tensorsOfTorchArchive(files, name), name, options)
      }
      throw cannotImport(
        name,
        'this archive',
        'a .keras file, or a state_dict that torch.save wrote',
      )
    }
  }
}

async function withWeights(
  tensors: readonly NamedTensor[],
  where: string,
  {
    spec,
    described,
    normalization,
  }: ImportOptions & { readonly described?: ModelSpec | undefined },
): Promise<ImportedModel & ForeignModel> {
  const model = spec ?? described
  if (model === undefined) {
    throw new ModelError({
      where,
      what: 'the file has weights and no model',
      hint: 'name the model that they belong to',
    })
  }
  const { weightsFrom } = await import('./import/state-dict.js')
  const weights = weightsFrom(tensors, model, where)
  const isOurs = weights === tensors
  return {
    format: isOurs ? 'safetensors' : 'pytorch',
    isDescribed: true,
    spec: normalization === undefined ? model : { ...model, normalization },
    weights,
  }
}

/** Recognises a format by its first bytes. */
function formatOf(bytes: Uint8Array): ImportFormat | 'zip' | { what: string; expected: string } {
  // The length of its header can begin with any byte, and is below 2³².
  const isSafetensors = bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0)
  if (isSafetensors) return 'safetensors'
  const begin = new TextDecoder('latin1').decode(bytes.subarray(0, 64))
  if (begin.startsWith('PK\u0003\u0004')) return 'zip'
  if (begin.startsWith('\u0089HDF'))
    return { what: 'an HDF5 file', expected: 'a .keras file: model.save("model.keras") in Keras 3' }
  if (begin.startsWith('\u0080'))
    return { what: 'a pickle', expected: 'the archive that torch.save writes since PyTorch 1.6' }
  if (begin.startsWith('\u001f\u008b'))
    return { what: 'a compressed file', expected: 'the file itself' }
  return /^\s*\{/.test(begin) ? 'tfjs' : 'onnx'
}

function refuseSpec(where: string, { spec }: ImportOptions): void {
  if (spec === undefined) return
  throw new ModelError({
    where,
    what: 'the file describes its model itself',
    expected: 'no other model',
    got: spec.name,
    hint: 'leave the model out',
  })
}

function noFileBeside(where: string): FileBeside {
  return (file) =>
    Promise.reject(
      new ModelError({ where, what: `its file ${file} is missing`, hint: 'name all files' }),
    )
}

/** The standard deviation from which on a model is taken for one of bytes, not of pixels to 1. */
const BYTES_ABOVE = 100

/**
 * Returns the model for pixels from 0 to 1. A model whose first step divides by 255 takes bytes, so
 * that its own normalisation is that of a pixel byte.
 */
function onPixels(spec: ModelSpec, { normalization: given }: ImportOptions): ModelSpec {
  const { normalization } = spec
  if (given !== undefined || normalization === undefined || normalization.std < BYTES_ABOVE)
    return spec
  const { mean, std } = normalization
  const scaled = { mean: mean / 255, std: std / 255 }
  if (scaled.mean !== 0 || scaled.std !== 1) return { ...spec, normalization: scaled }
  const { normalization: _, ...plain } = spec
  return plain
}
