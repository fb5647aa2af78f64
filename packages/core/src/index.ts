export { dropoutLevels, fillDropoutMask, fillUniform, permutation } from './draws.js'
export { InputError, type InputErrorDetails, isInputError } from './input-error.js'
export { philox4x32 } from './philox.js'
export {
  MAX_SEED,
  STREAMS,
  type Stream,
  type StreamName,
  createStream,
  streamWords,
} from './stream.js'
