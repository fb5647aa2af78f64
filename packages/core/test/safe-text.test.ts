import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError, printable, printableJson, safeFileName } from '../src/index.js'

describe('safeFileName', () => {
  test.each(['lenet5', 'custom-mlp', 'My model, 2nd try (v1.2)', 'ночь', '夜', 'a..b', 'console'])(
    '%s stays as it is',
    (name) => expect(safeFileName(name)).toBe(name),
  )

  test.each([
    ['../../etc/passwd', '-..-etc-passwd'],
    ['/absolute', '-absolute'],
    [String.raw`C:\Users\me`, 'C-Users-me'],
    ['a\u0000b\u001B[31mc', 'a-b-[31mc'],
    ['.hidden', 'hidden'],
    ['ends with dots. . .', 'ends with dots'],
    ['a\u202Eb', 'a-b'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['Com1', '_Com1'],
    ['LPT¹', '_LPT¹'],
    ['aux .json', '_aux .json'],
  ])('%j becomes %j', (name, safe) => expect(safeFileName(name)).toBe(safe))

  test.each(['', '.', '..', '...', ' ', '/', '///', '\u0000', '. .'])(
    'nothing is left of %j, so that the fallback is used',
    (name) => expect(safeFileName(name, 'model')).toBe('model'),
  )

  test('300 characters are cut between two characters', () => {
    expect(safeFileName('a'.repeat(300))).toBe('a'.repeat(120))
    expect(safeFileName('夜'.repeat(300))).toBe('夜'.repeat(40))
    expect(safeFileName(`${'a'.repeat(119)}😀`)).toBe('a'.repeat(119))
    expect(safeFileName(`${'a'.repeat(119)}. .b`)).toBe('a'.repeat(119))
    expect(safeFileName(`con${' '.repeat(200)}x`)).toBe('_con')
    expect(safeFileName(`con.${'a'.repeat(300)}`)).toBe(`_con.${'a'.repeat(115)}`)
  })

  test('any name becomes one valid part of a path, and stays it', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(fc.constantFrom('.', '/', '\\', ' ', 'con', 'nul', ':', '\u0007', 'a', '\uD800'))
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(name, (text) => {
        const safe = safeFileName(text)
        // oxlint-disable-next-line no-control-regex -- these are what must not remain
        expect(safe).toMatch(/^[^<>:"/\\|?*\u0000-\u001F\u007F-\u009F]+$/)
        expect(safe).not.toMatch(/^[.\s]|[.\s]$|^(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)/i)
        expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(120)
        expect(safeFileName(safe)).toBe(safe)
      }),
    )
  })
})

describe('printable', () => {
  test('control characters and those that turn the direction are shown as numbers', () => {
    expect(printable('a\u001B[2Jb\r\n\u0007\u009B\u202Ec\u2028')).toBe(
      String.raw`a\u{1b}[2Jb \u{7}\u{9b}\u{202e}c\u{2028}`,
    )
    expect(printable('one \r\n\n  two\rthree')).toBe(String.raw`one two\u{d}three`)
    expect(printable('größer, 夜, 👩‍🚀, “x”')).toBe('größer, 夜, 👩‍🚀, “x”')
  })

  test('any text becomes one line without control characters, within its length', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 30 }), (text, longest) => {
        const line = printable(text, longest)
        expect(line).not.toMatch(HARMFUL)
        expect(line.length).toBeLessThanOrEqual(longest + 1)
        expect(printable(line, longest), 'a second time').toBe(line)
        expect(printable(text).startsWith(line.replace(/…$/u, ''))).toBe(true)
      }),
    )
  })

  test('JSON has no control characters either, and means the same', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = printableJson({ [text]: [text] })
        expect(json).not.toMatch(HARMFUL)
        expect(JSON.parse(json)).toEqual({ [text]: [text] })
      }),
    )
  })

  test('the line of an InputError passes through it, part by part', () => {
    const details = { where: 'a\u001B]0;b\u0007', got: 'one\n  two', hint: 'c\u0085d' }
    expect(new InputError(details).message).toBe(
      String.raw`a\u{1b}]0;b\u{7}: got one two; c\u{85}d`,
    )
    const { message } = new InputError({
      where: 'x'.repeat(1e6),
      got: ' '.repeat(1e6),
      hint: 'fix it',
    })
    expect(message.length).toBeLessThan(5000)
    expect(message).toMatch(/^x{2000}…: got .*; fix it$/)
  })
})

const HARMFUL = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const anyText = fc.string({
  unit: fc.constantFrom(
    '\u001b',
    '\u009b',
    '\u007f',
    '\0',
    '\r',
    '\n',
    '\u2028',
    '\u202e',
    '\ud83d',
    '\udca9',
    'a',
    'é',
    '夜',
    '…',
    '\\u{1b}',
    '👩‍🚀',
  ),
})
