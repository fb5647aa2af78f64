import { describe, expect, test } from 'vitest'
import { MAX_SPEC_BYTES, ModelError, models, readModelFile } from '../src/index.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a file with a ModelSpec', () => {
  test.each(Object.entries(models))('gives %s back', (_, entry) => {
    const spec = entry.create()
    expect(readModelFile(bytes(JSON.stringify(spec)), 'model.json')).toEqual(spec)
  })

  const spec = (layers: string) => `{"name":"a","inputShape":[1,1,1],"layers":${layers}}`
  test.each<[string, Uint8Array, RegExp]>([
    ['is no JSON', bytes('{"name": x}'), /^m\.json: not JSON \(.*\); correct the file$/],
    ['is no text', Uint8Array.of(0xff, 0xfe, 0), /^m\.json: not UTF-8 text; correct the file$/],
    [
      'is nested too deeply',
      bytes(spec('['.repeat(20_000) + ']'.repeat(20_000))),
      /^m\.json: nested too deeply, expected at most 64 .*; correct the file$/,
    ],
    [
      'is too large',
      bytes(spec(`[]`).padEnd(MAX_SPEC_BYTES + 1)),
      /^m\.json: too large, expected at most 1048576 bytes of JSON, got 1048577; correct/,
    ],
    ['is no model', bytes('{"a": 1}'), /^m\.json/],
  ])('that %s is refused in one line', (_, file, message) => {
    expect(() => readModelFile(file, 'm.json')).toThrow(ModelError)
    expect(() => readModelFile(file, 'm.json')).toThrow(message)
  })
})
