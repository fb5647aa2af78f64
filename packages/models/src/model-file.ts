import { JsonError, parseForeignJson } from '@mnist-lab/core'
import { MAX_SPEC_BYTES } from './limits.js'
import { ModelError } from './model-error.js'
import { type ModelSpec, parseModelSpec } from './spec.js'

/**
 * Reads a file with a ModelSpec as JSON.
 *
 * @param name of the file, for errors
 * @throws ModelError when it is not JSON, is larger than {@link MAX_SPEC_BYTES} or nested too
 *   deeply, or when the model is wrong
 */
export function readModelFile(bytes: Uint8Array, name: string): ModelSpec {
  let json: unknown
  try {
    json = parseForeignJson(bytes, { maxSize: MAX_SPEC_BYTES })
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw new ModelError({ where: name, ...cause.facts, hint: 'correct the file', cause })
  }
  return parseModelSpec(json, name)
}
