import { type ModelSpec, modelByName, parseModelSpec } from '@mnist-lab/models'
import { readBytes, UsageError } from '@mnist-lab/terminal'

/** A model as the user named it. */
export interface NamedModel {
  readonly spec: ModelSpec
  /** That it is trained with unless the user says otherwise. */
  readonly weightDecay: number
}

/** What a MODEL argument may be, for help texts. */
export const MODEL_ARGUMENT =
  'a name (lenet5, custom-mlp, lenet5-regularized) or a .json file that holds a ModelSpec'

/**
 * @param model see {@link MODEL_ARGUMENT}
 * @throws ModelError for an unknown name or a wrong spec
 * @throws UsageError when the file cannot be read
 */
export async function loadModel(model: string): Promise<NamedModel> {
  if (!model.endsWith('.json')) {
    const known = modelByName(model)
    return { spec: known.create(), weightDecay: known.weightDecay }
  }
  const text = new TextDecoder().decode(await readBytes(model))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new UsageError({
      where: model,
      what: `not JSON (${(cause as Error).message})`,
      hint: 'correct the file',
      cause,
    })
  }
  return { spec: parseModelSpec(json, model), weightDecay: 0 }
}
