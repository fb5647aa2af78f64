// These tests look for amounts that are enough by a rule.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { smallestAmount } from '../src/node/runtimes/remote/smallest-amount.js'

const AMOUNTS = { from: 16, start: 64, to: 1024, step: 2 }

test('the smallest amount that is enough is found in a dozen trials', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1024 }), async (needed) => {
      const tried: number[] = []
      const found = await smallestAmount(AMOUNTS, async (amount) => {
        tried.push(amount)
        return amount >= needed
      })
      expect(found).toBe(Math.max(16, 2 * Math.ceil(needed / 2)))
      expect(tried.length).toBeLessThanOrEqual(13)
      expect(new Set(tried).size).toBe(tried.length)
      for (const amount of tried) expect(amount % 2).toBe(0)
    }),
  )
})

test('there is none where even the largest amount is too little', async () => {
  expect(await smallestAmount(AMOUNTS, async () => false)).toBeUndefined()
})
