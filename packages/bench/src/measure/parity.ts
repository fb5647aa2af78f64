import type {
  BenchParity,
  FirstDivergence,
  ParityLayer,
  TensorDelta,
} from '../results/bench-parity.js'
import { modelByName, weightShapes } from '@mnist-lab/models'
import type { ParityTrace, PlainTrace, PrefixTrace } from './cell-report.js'
import {
  FORWARD_TOLERANCE,
  GRADIENT_TOLERANCE,
  LOSS_TOLERANCE,
  PARITY_STEPS,
  WEIGHT_TOLERANCE,
} from '../protocol/protocol.js'

type Numbers = ArrayLike<number>

/**
 * The worst of all repetitions against the reference. A difference that is not finite (a loss that diverged) is the
 * largest number there is, which JSON can hold.
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

/** Of a peer, which tells losses, and weights if it likes. */
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

/** Undefined where no part of the model differs: only all of it together does. */
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

/** The largest distance of two numbers of the same place; {@link Number.MAX_VALUE} where one is not finite or missing. */
export function maxDelta(values: Numbers, expected: Numbers): number {
  if (values.length !== expected.length) return Number.MAX_VALUE
  let max = 0
  for (let i = 0; i < values.length; i++) {
    const delta = Math.abs(values[i]! - expected[i]!)
    if (!(delta <= max)) max = Number.isFinite(delta) ? delta : Number.MAX_VALUE
  }
  return max
}

export function tensorDelta(values: Numbers, expected: Numbers): TensorDelta {
  const delta = maxDelta(values, expected)
  let largest = 0
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!))
  // Of a tensor of zeros anything else is infinitely far.
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
