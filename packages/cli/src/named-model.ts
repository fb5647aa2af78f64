import { MAX_SPEC_BYTES, type ModelSpec, modelByName, readModelFile } from '@mnist-lab/models'
import { readBytes } from '@mnist-lab/terminal'

/** A model that the user named. */
export interface NamedModel {
  readonly spec: ModelSpec
  /** The weight decay that the model is trained with by default. */
  readonly weightDecay: number
}

/** The outputs of the named models by default. */
const DIGITS = 10

/**
 * Returns the model of a MODEL argument.
 *
 * @param classes the classes of the data. A model with a name has as many outputs, but at least ten
 *
 * @throws ModelError when the name is unknown, the file is not JSON, or the ModelSpec is wrong
 * @throws UsageError when the file cannot be read
 */
export async function loadModel(model: string, classes = DIGITS): Promise<NamedModel> {
  if (!model.endsWith('.json')) {
    const known = modelByName(model)
    return {
      spec: known.create({ classes: Math.max(classes, DIGITS) }),
      weightDecay: known.weightDecay,
    }
  }
  return { spec: readModelFile(await readBytes(model, MAX_SPEC_BYTES), model), weightDecay: 0 }
}
