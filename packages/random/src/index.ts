export { philox4x32 } from './philox.js'
export {
  createStream,
  MAX_SEED,
  STREAMS,
  type Stream,
  type StreamName,
  streamWords,
} from './stream.js'
export { dropoutLevels, fillDropoutMask, fillUniform, permutation } from './draws.js'
