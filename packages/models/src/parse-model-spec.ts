import { inferShapes } from './infer-shapes.js'
import type { ModelSpec } from './spec.js'
import { parseSpecValues } from './spec-values.js'

/**
 * A ModelSpec from JSON: keys, types, ranges, and shapes that fit each other.
 *
 * @param where what the JSON is, for the error: a file's name
 * @throws ModelError naming the first problem
 */
export function parseModelSpec(json: unknown, where: string): ModelSpec {
  const spec = parseSpecValues(json, where)
  inferShapes(spec)
  return spec
}
