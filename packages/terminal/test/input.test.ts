import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decimal, readBytes, UsageError, wholeNumber } from '../src/index.js'

test('whole numbers are digits within their range, and nothing else', () => {
  const parse = wholeNumber('--n', 3, 900)
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 900 }), (n) => {
      expect(parse(String(n))).toBe(n)
    }),
  )
  for (const text of ['2', '901', '', ' 5', '5.0', '1e2', '-4', '0x10', '５'])
    expect(() => parse(text), text).toThrow(/^--n: expected a whole/)
})

test('decimals keep to their limits', () => {
  const parse = decimal('--x', { min: 0, max: 1, aboveMin: true, belowMax: true })
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1, maxExcluded: true, noNaN: true }), (x) => {
      expect(parse(String(x))).toBe(x)
    }),
  )
  for (const text of ['.5', '5e-1', '0.50']) expect(parse(text)).toBe(0.5)
  for (const text of ['0', '1', '', '.', 'NaN', 'Infinity', '-0.5', '0,5', ' .5'])
    expect(() => parse(text), text).toThrow(/^--x: expected/)
  expect(decimal('--x', { min: 0, max: 1 })('1')).toBe(1)
})

test('a file is read, and a missing file is named in one line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-terminal-'))
  try {
    await writeFile(join(folder, 'a'), 'text')
    expect((await readBytes(join(folder, 'a'), 4)).toString()).toBe('text')
    await expect(readBytes(join(folder, 'a'), 3)).rejects.toThrow(
      `${join(folder, 'a')}: the file is too large, expected at most 3 bytes, got 4; name another`,
    )
    const missing = readBytes(join(folder, 'b'), 4)
    await expect(missing).rejects.toThrow(`${join(folder, 'b')}: no such file; check the path`)
    await expect(missing).rejects.toBeInstanceOf(UsageError)
    await expect(readBytes(folder, 4)).rejects.toThrow(`${folder}: cannot be read (EISDIR)`)
  } finally {
    await rm(folder, { recursive: true })
  }
})
