import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonError, MAX_JSON_DEPTH, parseForeignJson } from '../src/index.js'

const limits = { maxSize: 1e6 }
const bytes = (text: string) => new TextEncoder().encode(text)

const isPlain = (text: string) => !/toString|valueOf/.test(text)

describe('parseForeignJson', () => {
  test('returns what JSON.parse returns, from a text and from bytes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }).filter(isPlain), (text) => {
        expect(parseForeignJson(text, limits)).toEqual(JSON.parse(text))
        expect(parseForeignJson(bytes(text), limits)).toEqual(JSON.parse(text))
      }),
    )
    const reviver = (_: string, value: unknown) => (value === 1 ? 'one' : value)
    expect(parseForeignJson('\u{feff}[1]'.slice(1), { ...limits, reviver })).toEqual(['one'])
    expect(parseForeignJson(bytes('\u{feff}[1]'), limits), 'a byte order mark').toEqual([1])
  })

  const nested = (levels: number, [open, close]: readonly [string, string]) =>
    open.repeat(levels) + close.repeat(levels)

  test.each([
    ['lists', ['[', ']']],
    ['objects', ['{"a":[', ']}']],
  ] as const)('accepts 64 levels of %s and refuses 65', (_, pair) => {
    const levels = MAX_JSON_DEPTH / pair[1].length
    expect(() => parseForeignJson(nested(levels, pair), limits)).not.toThrow()
    for (const many of [levels + 1, 100_000])
      expect(facts(nested(many, pair))).toMatchObject({ what: 'nested too deeply' })
  })

  test('counts no bracket in a string, however it is escaped', () => {
    const text = JSON.stringify(['['.repeat(500), '\\'.repeat(7), '"[{'.repeat(300), ']'])
    expect(parseForeignJson(text, limits)).toEqual(JSON.parse(text))
    expect(facts(`[${JSON.stringify('\\"')},${nested(64, ['[', ']'])}]`)).toMatchObject({
      what: 'nested too deeply',
    })
  })

  test.each([
    ['in an object', '{"length":{"toString":1}}'],
    ['in a list', '[[0,{"a":[{"toString":null}]}]]'],
    ['with an escape', '{"to\\u0053tring":1}'],
    ['valueOf', '[{"valueOf":null}]'],
  ])('refuses a member that makes an object without a text: %s', (_, text) => {
    expect(() => parseForeignJson(text, limits)).toThrow(JsonError)
    expect(() => parseForeignJson(text, limits)).toThrow(/^wrong, an object in it has the key /)
    expect(parseForeignJson(text, { ...limits, anyKeys: true })).toEqual(JSON.parse(text))
  })

  test('accepts the same word as a text, and other escapes', () => {
    expect(parseForeignJson('{"a":"toString","b":"\\u0053"}', limits)).toEqual({
      a: 'toString',
      b: 'S',
    })
  })

  test('has a limit on the size, to the byte', () => {
    expect(parseForeignJson(bytes('"é"'), { maxSize: 4 })).toBe('é')
    expect(facts(bytes('"é"'), 3)).toEqual({
      what: 'too large',
      expected: 'at most 3 bytes of JSON',
      got: '4',
    })
    expect(facts('"é"', 2)).toMatchObject({ expected: 'at most 2 characters of JSON', got: '3' })
  })

  test('anything else is a JsonError whose cause is the first one', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('[]{}",:\\a1 ')) }), (text) => {
        let right = true
        try {
          JSON.parse(text)
        } catch {
          right = false
        }
        if (!right) expect(() => parseForeignJson(text, limits)).toThrow(JsonError)
      }),
    )
    expect(facts('{"a": x}').what).toMatch(/^not JSON \(.*token/)
    expect(facts(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ what: 'not UTF-8 text' })
  })
})

function facts(source: string | Uint8Array, maxSize = limits.maxSize): JsonError['facts'] {
  try {
    parseForeignJson(source, { maxSize })
  } catch (error) {
    if (error instanceof JsonError) return error.facts
    throw error
  }
  throw new Error('it was accepted')
}
