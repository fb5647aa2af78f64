// These tests time bursts with a clock that only calls and messages move on.
import { describe, expect, test } from 'vitest'
import { type Burst, burstTimes } from '../src/measure/bursts.js'

/** Returns a clock and a burst whose calls and messages take the given milliseconds. */
function world(callMs: (call: number) => number, messageMs: number, most = 1000) {
  let time = 0
  let calls = 0
  let items: readonly number[] = []
  const sizes: number[] = []
  const burst: Burst<number> = {
    most,
    async prepare(next) {
      // Sending takes time that must not count.
      time += 50 * next.length
      items = next
    },
    async run() {
      time += messageMs
      sizes.push(items.length)
      for (const _ of items) time += callMs(calls++)
    },
  }
  let item = 0
  const measure = (repeat = { min: 5, max: 5, seconds: 0 }) =>
    burstTimes(
      { now: () => time },
      repeat,
      () => item++,
      burst,
      async () => {
        time += messageMs
      },
    )
  return { measure, sizes }
}

describe('bursts', () => {
  test('are so long that the message takes less than a hundredth of their time', async () => {
    const { measure, sizes } = world(() => 2, 0.3)
    const { samples, atOnce } = await measure()
    expect(atOnce).toBeGreaterThanOrEqual(15)
    expect(atOnce).toBeLessThan(30)
    expect(0.3 / (2 * atOnce + 0.3)).toBeLessThanOrEqual(0.01)
    expect(samples).toHaveLength(5)
    for (const sample of samples) expect(sample).toBeCloseTo(2 + 0.3 / atOnce, 9)
    // Those that were too short do not count.
    expect(sizes.slice(-5)).toEqual([atOnce, atOnce, atOnce, atOnce, atOnce])
  })

  test('are single calls where a call is long', async () => {
    const { measure, sizes } = world(() => 3000, 0.3)
    const { samples, atOnce } = await measure()
    expect(atOnce).toBe(1)
    for (const sample of samples) expect(sample).toBeCloseTo(3000.3, 6)
    expect(sizes).toEqual([1, 1, 1, 1, 1])
  })

  test('become longer when calls become faster, and then begin again', async () => {
    const { measure, sizes } = world((call) => (call < 40 ? 4 : 1), 0.3)
    const { samples, atOnce } = await measure()
    expect(new Set(sizes).size).toBeGreaterThan(2)
    expect(atOnce).toBeGreaterThanOrEqual(30)
    for (const sample of samples) expect(sample).toBeCloseTo(1 + 0.3 / atOnce, 9)
  })

  test('end at their limit, also with calls that take no time', async () => {
    const { measure } = world(() => 0, 0.3, 64)
    const { samples, atOnce } = await measure()
    expect(atOnce).toBe(64)
    expect(samples).toHaveLength(5)
  })

  test('are repeated until the seconds are over', async () => {
    const { measure } = world(() => 3000, 0.3)
    expect((await measure({ min: 2, max: 100, seconds: 10 })).samples).toHaveLength(4)
    expect(
      (await world(() => 3000, 0.3).measure({ min: 2, max: 100, seconds: 1 })).samples,
    ).toHaveLength(2)
  })
})
