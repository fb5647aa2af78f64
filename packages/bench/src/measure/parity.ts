import { modelByName, weightShapes } from '@mnist-lab/models'
import {
  FORWARD_TOLERANCE,
  GRADIENT_TOLERANCE,
  LOSS_TOLERANCE,
  PARITY_STEPS,
  WEIGHT_TOLERANCE,
} from '../protocol/protocol.js'
import type {
  BenchParity,
  FirstDivergence,
  ParityLayer,
  TensorDelta,
} from '../results/cell-schema.js'
import type { ParityTrace, PlainTrace, PrefixTrace } from './cell-report.js'

type Numbers = ArrayLike<number>

/** Returns whether two lists of tensors have the same bits. */
export function sameBits(a: readonly Float32Array[], b: readonly Float32Array[]): boolean {
  const words = ({ buffer, byteOffset, length }: Float32Array) =>
    new Uint32Array(buffer, byteOffset, length)
  return (
    a.length === b.length &&
    a.every((tensor, at) => {
      const [own, other] = [words(tensor), words(b[at]!)]
      return own.length === other.length && own.every((word, i) => word === other[i])
    })
  )
}

/**
 * Compares all repetitions with the reference and returns the largest differences. A difference
 * that is not finite (of a loss that diverged) becomes the largest number, which JSON can hold.
 */
export function parity(
  reference: string,
  model: string,
  expected: ParityTrace,
  traces: readonly ParityTrace[],
): BenchParity {
  const plain = plainParity(reference, model, expected, traces)
  const layers = plain.layers.map((layer, at): ParityLayer => ({
    ...layer,
    gradient: worstTensor(
      traces.map(({ gradients }) => tensorDelta(gradients[at] ?? [], expected.gradients[at] ?? [])),
    ),
  }))
  const forward = worstTensor(traces.map((trace) => tensorDelta(trace.forward, expected.forward)))
  return {
    ...plain,
    layers,
    forward,
    ok:
      plain.ok &&
      forward.relative <= FORWARD_TOLERANCE &&
      layers.every(({ gradient }) => gradient!.relative <= GRADIENT_TOLERANCE),
  }
}

/** Compares a peer with the reference. A peer reports its losses, and may report its weights. */
export function plainParity(
  reference: string,
  model: string,
  expected: PlainTrace,
  traces: readonly PlainTrace[],
): BenchParity {
  const maxLossDelta = worst(traces.map(({ losses }) => maxDelta(losses, expected.losses)))
  const layers = !traces.every(({ weights }) => weights.length > 0)
    ? []
    : weightShapes(modelByName(model).create()).map(({ name }, at): ParityLayer => ({
        name,
        weight: worstTensor(
          traces.map(({ weights }) => tensorDelta(weights[at] ?? [], expected.weights[at] ?? [])),
        ),
      }))
  const maxWeightDelta = worst(layers.map(({ weight }) => weight.maxDelta))
  return {
    reference,
    steps: PARITY_STEPS,
    maxLossDelta,
    ...(layers.length === 0 ? {} : { maxWeightDelta }),
    layers,
    ok: maxLossDelta <= LOSS_TOLERANCE && maxWeightDelta <= WEIGHT_TOLERANCE,
  }
}

/**
 * Returns the first layer that differs; undefined if the whole model differs, but no part of it
 * does.
 */
export function firstDivergence(
  expected: readonly PrefixTrace[],
  actual: readonly PrefixTrace[],
): FirstDivergence | undefined {
  for (const [at, { layer, forward, gradients }] of expected.entries()) {
    const part = actual[at]
    const ahead = tensorDelta(part?.forward ?? [], forward).relative
    if (ahead > FORWARD_TOLERANCE) return { layer, pass: 'forward', relative: ahead }
    const back = worst(
      gradients.map((gradient, i) => tensorDelta(part?.gradients[i] ?? [], gradient).relative),
    )
    if (back > GRADIENT_TOLERANCE) return { layer, pass: 'backward', relative: back }
  }
  return undefined
}

/**
 * Returns the largest difference of two numbers at the same place; `Number.MAX_VALUE` if one of
 * them is missing or not finite.
 */
export function maxDelta(values: Numbers, expected: Numbers): number {
  if (values.length !== expected.length) return Number.MAX_VALUE
  let max = 0
  for (let i = 0; i < values.length; i++) {
    const delta = Math.abs(values[i]! - expected[i]!)
    if (!(delta <= max)) max = Number.isFinite(delta) ? delta : Number.MAX_VALUE
  }
  return max
}

/** Returns the difference of two tensors, also as a share of the largest number expected. */
function tensorDelta(values: Numbers, expected: Numbers): TensorDelta {
  const delta = maxDelta(values, expected)
  let largest = 0
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!))
  // Any difference to a tensor of zeros is infinitely large.
  return {
    maxDelta: delta,
    relative: delta === 0 ? 0 : Math.min(Number.MAX_VALUE, delta / largest),
  }
}

function worstTensor(deltas: readonly TensorDelta[]): TensorDelta {
  return {
    maxDelta: worst(deltas.map((delta) => delta.maxDelta)),
    relative: worst(deltas.map((delta) => delta.relative)),
  }
}

function worst(deltas: readonly number[]): number {
  return deltas.reduce((max, delta) => Math.max(max, delta), 0)
}
