export { philox4x32 } from './philox.js'
export { createStream, MAX_SEED, STREAMS, type Stream, type StreamName } from './stream.js'
export { fillDropoutMask, fillUniform, permutation } from './draws.js'
