import { prepareDigit } from '@mnist-lab/data'
import { MAX_SPEC_BYTES, type ModelSpec, modelByName, readModelFile } from '@mnist-lab/models'
import { readBytes } from '@mnist-lab/terminal'
import { decodePicture } from './picture-formats.js'

/** A model that the user named. */
export interface NamedModel {
  readonly spec: ModelSpec
  /** The weight decay that the model is trained with by default. */
  readonly weightDecay: number
}

/** The values of a MODEL argument, for help texts. */
export const MODEL_ARGUMENT =
  'lenet5, custom-mlp, lenet5-regularized, or a .json file with a ModelSpec'

/**
 * Returns the model of a MODEL argument; see {@link MODEL_ARGUMENT}.
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

/** The most bytes of a file with a picture: as many as the largest one has uncompressed. */
const MAX_PICTURE_BYTES = 2 ** 28

/**
 * Reads a picture of one digit and prepares it in the same way as the images of MNIST.
 *
 * @param onDoubt called with a sentence about a picture that may have been misread
 * @returns [28, 28], values from 0 to 255
 * @throws UsageError when the file is neither a PNG nor a JPEG file, or is damaged or too large
 * @throws DataError when the picture is blank
 */
export async function loadDigit(
  path: string,
  onDoubt: (doubt: string) => void,
): Promise<Uint8Array> {
  return prepareDigit(await decodePicture(await readBytes(path, MAX_PICTURE_BYTES), path), path, {
    onDoubt,
  })
}
