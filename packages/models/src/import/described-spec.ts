// The ModelSpec that our exports keep in a file, beside what the file itself says.
import { JsonError, parseForeignJson } from '@mnist-lab/core'
import { MAX_SPEC_BYTES } from '../limits.js'
import { inferShapes, type ModelSpec, parseModelSpec } from '../spec.js'
import { damagedFile } from './foreign-error.js'
import type { ForeignModel } from './layer-chain.js'

/** Parses the ModelSpec in the metadata of a file. @throws ModelError when it is wrong */
export function parseDescribed(json: string, where: string): ModelSpec {
  try {
    return parseModelSpec(parseForeignJson(json, { maxSize: MAX_SPEC_BYTES }), where)
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause
    throw damagedFile(where, `the ModelSpec in it is ${cause.facts.what}`, { cause })
  }
}

/**
 * Returns the model with the ModelSpec that the file keeps, if it describes the same computation.
 * Another program may have changed the model and left the ModelSpec as it was.
 */
export function asDescribed(model: ForeignModel, json: unknown, where: string): ForeignModel {
  if (typeof json !== 'string') return model
  const spec = parseDescribed(json, where)
  return computationOf(spec) === computationOf(model.spec)
    ? { ...model, spec, isDescribed: true }
    : model
}

/** Returns a text that is the same for models that compute the same from the same weights. */
function computationOf(spec: ModelSpec): string {
  const { mean, std } = spec.normalization ?? { mean: 0, std: 1 }
  const steps = inferShapes(spec)
    .filter(({ layer }) => layer.type !== 'dropout')
    .map(({ layer, outputShape, window }) => [layer.type, outputShape, window])
  // The file has the numbers as float32, and products of them.
  return JSON.stringify([spec.inputShape, mean.toPrecision(5), std.toPrecision(5), steps])
}
