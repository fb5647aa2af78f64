export {
  argmax,
  type ClassIndices,
  classIndices,
  joinBytes,
  MAX_CLASSES,
  sizeOf,
} from './arrays.js'
export { JsonError, type JsonLimits, MAX_JSON_DEPTH, parseForeignJson } from './foreign-json.js'
export { InputError, type InputErrorDetails, isInputError } from './input-error.js'
export { portableCos, portableExp, portableLog, portablePower } from './portable-math.js'
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
export { printable, printableJson, safeFileName } from './safe-text.js'
