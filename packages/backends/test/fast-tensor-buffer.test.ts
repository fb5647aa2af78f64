import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { installFastTensorBufferGet } from '../src/tfjs/fast-tensor-buffer.js'

type Location = [number, ...number[]]

/** Returns what `get` returns, or that it throws. */
function outcome(buffer: tf.TensorBuffer<tf.Rank>, location: number[]): unknown {
  try {
    return buffer.get(...location)
  } catch {
    return 'throws'
  }
}

test('returns what TensorFlow.js’s own get returns, and throws where it throws', () => {
  const dimension = fc.integer({ min: 1, max: 4 })
  const at = fc.integer({ min: -1, max: 4 })
  const cases = fc
    .integer({ min: 1, max: 5 })
    .chain((rank) =>
      fc.tuple(
        fc.array(dimension, { minLength: rank, maxLength: rank }),
        fc.array(at, { minLength: rank, maxLength: rank }),
      ),
    )
  fc.assert(
    fc.property(cases, ([shape, location]) => {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i + 0.5)
      const buffer = tf.buffer(shape as Location, 'float32', values)
      const theirs = outcome(buffer, location)
      const undo = installFastTensorBufferGet()
      try {
        expect(outcome(buffer, location)).toEqual(theirs)
      } finally {
        undo()
      }
    }),
  )
})

test('returns the first element without coordinates, and puts the old method back when undone', () => {
  const method = () => Object.getOwnPropertyDescriptor(tf.TensorBuffer.prototype, 'get')
  const original = method()
  const undo = installFastTensorBufferGet()
  expect(method()).not.toEqual(original)
  expect(tf.buffer([2], 'float32', Float32Array.of(7, 8)).get()).toBe(7)
  undo()
  expect(method()).toEqual(original)
})
