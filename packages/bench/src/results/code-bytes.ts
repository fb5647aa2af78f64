import { BACKENDS } from '@mnist-lab/backends'
import { CODE_SIZES } from '../generated/code-sizes.js'
import { splitRuntime } from '../protocol/engine-name.js'

/**
 * Returns the bytes of code that a training with a backend loads: data, models, train and the
 * backend, bundled and minified.
 *
 * @param engine the name of a backend, with or without its runtime
 * @param simd the build that it runs, where it has several
 * @returns undefined for peers, and for native TensorFlow
 */
export function codeBytes(engine: string, simd: string): number | undefined {
  const { backend } = splitRuntime(engine)
  const name = BACKENDS.find((known) => known.name === backend)?.variant?.of ?? backend
  return CODE_SIZES[`${name} ${simd}`] ?? CODE_SIZES[name]
}
