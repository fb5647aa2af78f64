import { STATE_TENSORS, type TrainerState } from '@mnist-lab/backends'
import type { Weights } from '@mnist-lab/models'
import { numbersToBase64 } from './base64.js'
import type { SentState } from './messages.js'

/** Returns a state as a message carries it. */
export function sentState(state: TrainerState): SentState {
  const data = (weights: Weights) => weights.map((tensor) => numbersToBase64(tensor.data))
  return {
    weights: data(state.weights),
    optimizer: Object.fromEntries(STATE_TENSORS.map((name) => [name, data(state[name])])),
    step: state.step,
  }
}
