import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MNIST_NORMALIZATION, normalizationTable } from '../src/index.js'

describe('normalizationTable', () => {
  it("is bit for bit PyTorch's float32 arithmetic", () => {
    const fixture = new URL('fixtures/normalization-bits.json', import.meta.url)
    const bits = JSON.parse(readFileSync(fixture, 'utf8')) as number[]
    expect(Array.from(new Uint32Array(normalizationTable(MNIST_NORMALIZATION).buffer))).toEqual(
      bits,
    )
  })

  it('scales to [0, 1] without a normalisation', () => {
    const table = normalizationTable()
    expect([table[0], table[51], table[255], table.length]).toEqual([0, Math.fround(0.2), 1, 256])
  })
})
