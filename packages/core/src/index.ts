export { argmax, type ClassIndices, classIndices, MAX_CLASSES, sizeOf } from './arrays.js'
export { InputError, type InputErrorDetails, isInputError } from './input-error.js'
export {
  createStream,
  dropoutLevels,
  fillDropoutMask,
  fillUniform,
  MAX_SEED,
  permutation,
  philox4x32,
  type Stream,
  type StreamName,
  STREAMS,
  streamWords,
} from './random.js'
export { printable, safeFileName } from './safe-text.js'
