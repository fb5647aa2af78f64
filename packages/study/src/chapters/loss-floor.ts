/** The smallest cross-entropy of softmax applied to probabilities: log(e + classes − 1) − 1. */
export function lossFloor(classes: number): number {
  return Math.log(Math.E + classes - 1) - 1
}
