import { type ClassIndices, portableExp, portableLog } from '@mnist-lab/core'
import type { Loss, StepResult } from './interface.js'

/**
 * Computes the mean cross-entropy of a batch on the host, in double precision. Ten classes and a
 * batch of 32 make 320 numbers, which take less time than the kernel calls that would compute the
 * loss on the device.
 *
 * @param logits [n, classes]
 * @param labels [n] or longer
 * @param gradient receives ∂loss/∂logits, [n, classes], if it is given
 * @returns the mean loss, and how many samples have their label as the largest logit
 */
export function crossEntropy(
  loss: Loss,
  logits: Float32Array,
  labels: ClassIndices,
  classes: number,
  gradient?: Float32Array,
): StepResult {
  const n = logits.length / classes
  const scores = new Float64Array(classes)
  const probabilities = new Float64Array(classes)
  const outer = new Float64Array(classes)
  let sum = 0
  let correct = 0
  for (let sample = 0; sample < n; sample++) {
    const from = sample * classes
    const label = labels[sample]!
    for (let c = 0; c < classes; c++) scores[c] = logits[from + c]!
    if (largest(scores) === label) correct++
    const logNormalizer = softmax(scores, probabilities)
    if (loss === 'softmaxCrossEntropy') {
      sum += logNormalizer - scores[label]!
      if (gradient === undefined) continue
      for (let c = 0; c < classes; c++)
        gradient[from + c] = (probabilities[c]! - (c === label ? 1 : 0)) / n
    } else {
      sum += softmax(probabilities, outer) - probabilities[label]!
      if (gradient === undefined) continue
      // The chain rule through the inner softmax: dz = p ⊙ (g − ⟨g, p⟩) with g = outer − onehot.
      let inner = 0
      for (let c = 0; c < classes; c++)
        inner += (outer[c]! - (c === label ? 1 : 0)) * probabilities[c]!
      for (let c = 0; c < classes; c++) {
        gradient[from + c] = (probabilities[c]! * (outer[c]! - (c === label ? 1 : 0) - inner)) / n
      }
    }
  }
  return { loss: sum / n, correct }
}

/** Replaces each row of logits, [n, classes], by its softmax, and returns the same array. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const scores = new Float64Array(classes)
  const probabilities = new Float64Array(classes)
  for (let from = 0; from < logits.length; from += classes) {
    for (let c = 0; c < classes; c++) scores[c] = logits[from + c]!
    softmax(scores, probabilities)
    logits.set(probabilities, from)
  }
  return logits
}

/**
 * The terms exp(x) of a softmax below this x count as 0. The largest term is 1, so they are below
 * its precision, and the gradients do not become denormal numbers, for which processors take a
 * hundred times as long. The fused engine has the same limit.
 */
const LEAST_EXPONENT = -50

/** Writes softmax(scores) into `target` and returns log ∑ exp(scores). */
function softmax(scores: Float64Array, target: Float64Array): number {
  const top = scores[largest(scores)]!
  let sum = 0
  for (let c = 0; c < scores.length; c++) {
    const x = scores[c]! - top
    sum += target[c] = x < LEAST_EXPONENT ? 0 : portableExp(x)
  }
  for (let c = 0; c < scores.length; c++) target[c]! /= sum
  return top + portableLog(sum)
}

/**
 * Returns the index of the largest score, and the first such index if several are equal, as
 * PyTorch's argmax does.
 */
function largest(scores: Float64Array): number {
  let best = 0
  for (let c = 1; c < scores.length; c++) if (scores[c]! > scores[best]!) best = c
  return best
}
