import type { Allocator } from './activation.js'

/**
 * A parameter tensor and its velocity in memory: [channel][position][output], rows of outputs as long as a multiple of 4, where
 * the tensor itself is [position, channel, output]: the activations' order instead of TensorFlow's. A bias has one row.
 */
export interface ParameterPlace {
  readonly weights: number
  readonly velocity: number
  readonly positions: number
  readonly channels: number
  readonly outputs: number
}

export function placeParameter(
  memory: Allocator,
  positions: number,
  channels: number,
  outputs: number,
): ParameterPlace {
  const bytes = positions * channels * rowOf(outputs) * 4
  return { weights: memory.take(bytes), velocity: memory.take(bytes), positions, channels, outputs }
}

/** @param at the place's weights or velocity */
export function writeParameter(
  heap: Float32Array,
  at: number,
  place: ParameterPlace,
  values: Float32Array,
): void {
  eachRow(place, (from, to) => heap.set(values.subarray(from, from + place.outputs), at / 4 + to))
}

export function readParameter(heap: Float32Array, at: number, place: ParameterPlace): Float32Array {
  const { positions, channels, outputs } = place
  const values = new Float32Array(positions * channels * outputs)
  eachRow(place, (from, to) => values.set(heap.subarray(at / 4 + to, at / 4 + to + outputs), from))
  return values
}

function eachRow(
  { positions, channels, outputs }: ParameterPlace,
  visit: (inTensor: number, inMemory: number) => void,
): void {
  for (let position = 0; position < positions; position++)
    for (let channel = 0; channel < channels; channel++) {
      visit(
        (position * channels + channel) * outputs,
        (channel * positions + position) * rowOf(outputs),
      )
    }
}

function rowOf(outputs: number): number {
  return Math.ceil(outputs / 4) * 4
}
