import { expect, test } from 'vitest'
import { argmax, joinBytes, sizeOf } from '../src/index.js'

test('the size of a shape is the product of its sides; a scalar has one element', () => {
  expect([sizeOf([28, 28, 3]), sizeOf([7]), sizeOf([4, 0]), sizeOf([])]).toEqual([2352, 7, 0, 1])
})

test('argmax takes the first of the largest', () => {
  expect([argmax([1, 3, 2]), argmax(Float32Array.of(5, 2, 5)), argmax([-2, -1])]).toEqual([1, 0, 1])
})

test('argmax never chooses NaN over a number before it', () => {
  expect([argmax([1, NaN, 0]), argmax([])]).toEqual([0, 0])
})

test('bytes are joined in their order', () => {
  const parts = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]
  expect(joinBytes(parts)).toEqual(Uint8Array.of(1, 2, 3))
  expect(joinBytes([])).toEqual(new Uint8Array())
})
