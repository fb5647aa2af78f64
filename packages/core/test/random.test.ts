import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createStream,
  fillDropoutMask,
  fillUniform,
  permutation,
  philox4x32,
} from '../src/index.js'

function block(counter: [number, number, number, number], key: [number, number]): string[] {
  const words = new Uint32Array(4)
  philox4x32(...counter, ...key, words)
  return Array.from(words, (word) => word.toString(16).padStart(8, '0'))
}

describe('philox4x32', () => {
  // The known-answer vectors that Random123 publishes for philox4x32 with 10 rounds.
  test('reproduces the known answers', () => {
    expect(block([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'])
    const ones = 0xffffffff
    expect(block([ones, ones, ones, ones], [ones, ones])).toEqual([
      '408f276d',
      '41c83b0e',
      'a20bc7c6',
      '6d5451fd',
    ])
    expect(
      block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ).toEqual(['d16cfe09', '94fdcceb', '5001e420', '24126ea1'])
  })
})

describe('createStream', () => {
  const words = (length: number, ...args: Parameters<typeof createStream>) => {
    const target = new Uint32Array(length)
    createStream(...args).fill(target)
    return target
  }

  test('a shorter draw is a prefix of a longer one', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.nat(), (a, b, seed) => {
        const [short, long] = a < b ? [a, b] : [b, a]
        expect(words(long, seed, 'order').subarray(0, short)).toEqual(words(short, seed, 'order'))
      }),
    )
  })

  test('seed (beyond 32 bits too), purpose, index and step all change the sequence', () => {
    const all = [
      words(8, 1, 'order'),
      words(8, 2, 'order'),
      words(8, 1 + 2 ** 32, 'order'),
      words(8, 1, 'dropout'),
      words(8, 1, 'order', 1),
      words(8, 1, 'order', 0, 1),
    ]
    expect(new Set(all.map(String)).size).toBe(all.length)
  })

  test('refuses a seed that is not an integer in range', () => {
    expect(() => createStream(-1, 'order')).toThrow(RangeError)
    expect(() => createStream(0.5, 'order')).toThrow(RangeError)
  })
})

describe('draws', () => {
  test('uniform stays in its range and has its mean', () => {
    const target = new Float32Array(100_000)
    fillUniform(createStream(3, 'weights'), target, -2, 4)
    expect(Math.min(...target)).toBeGreaterThanOrEqual(-2)
    expect(Math.max(...target)).toBeLessThanOrEqual(4)
    // Standard error of the mean: 6 / √12 / √n = 0.0055.
    expect(target.reduce((sum, x) => sum + x) / target.length).toBeCloseTo(1, 1)
  })

  test('a permutation holds every index once', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (count, seed) => {
        const order = permutation(createStream(seed, 'order'), count)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
    )
  })

  test('every element is equally likely at the first place', () => {
    const counts = new Array<number>(5).fill(0)
    for (let seed = 0; seed < 5000; seed++)
      counts[permutation(createStream(seed, 'order'), 5)[0]!]! += 1
    // 140 is about five standard deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(140)
  })

  test('a dropout mask keeps 1 − rate of the elements, scaled by its inverse', () => {
    const mask = new Float32Array(100_001)
    fillDropoutMask(createStream(1, 'dropout', 2, 7), mask, 0.2)
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1.25)]))
    const kept = mask.filter((x) => x > 0).length / mask.length
    expect(Math.abs(kept - 0.8)).toBeLessThan(0.007) // 5 standard deviations
  })

  test('rate 0 keeps everything', () => {
    const mask = new Float32Array(9)
    fillDropoutMask(createStream(1, 'dropout'), mask, 0)
    expect(mask).toEqual(new Float32Array(9).fill(1))
  })
})
