import { MAX_SPEC_BYTES, type ModelSpec, modelByName, readModelFile } from '@mnist-lab/models'
import { readBytes } from '@mnist-lab/terminal'

/** A model that the user named. */
export interface NamedModel {
  readonly spec: ModelSpec
  /** The weight decay that the model is trained with by default. */
  readonly weightDecay: number
}

/**
 * Returns the model of a MODEL argument.
 *
 * @throws ModelError when the name is unknown, the file is not JSON, or the ModelSpec is wrong
 * @throws UsageError when the file cannot be read
 */
export async function loadModel(model: string): Promise<NamedModel> {
  if (!model.endsWith('.json')) {
    const known = modelByName(model)
    return { spec: known.create(), weightDecay: known.weightDecay }
  }
  return { spec: readModelFile(await readBytes(model, MAX_SPEC_BYTES), model), weightDecay: 0 }
}
