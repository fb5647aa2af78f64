import { SPEC_KEY } from '../formats/spec-key.js'
import { writeSafetensors } from '../safetensors.js'
import type { ModelToExport } from './model-to-export.js'

/**
 * Returns the weights as a safetensors file, in Keras's layout and with our names, and with the
 * ModelSpec in its metadata.
 */
export function toSafetensors({ spec, weights }: ModelToExport): Uint8Array {
  return writeSafetensors(weights, { [SPEC_KEY]: JSON.stringify(spec) })
}
