import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEvent, encodeRecord, maskedChecksum } from '../src/index.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

// Bytes as TensorBoard 2.21's own writer makes them.
describe('encodeEvent', () => {
  test('writes the version of the file', () => {
    expect(hex(encodeEvent({ type: 'file-version', wallTime: 1.5 }))).toBe(
      '09000000000000f83f1a0d627261696e2e4576656e743a32',
    )
  })

  test('writes a session start', () => {
    expect(hex(encodeEvent({ type: 'session-start', wallTime: 1.5, step: 300 }))).toBe(
      '09000000000000f83f10ac023a020801',
    )
  })

  test('writes several scalars of a step', () => {
    expect(
      hex(encodeEvent({ type: 'scalars', wallTime: 1.5, step: 3, scalars: { a: 0.5, 'b/c': -2 } })),
    ).toBe('09000000000000f83f10032a160a080a0161150000003f0a0a0a03622f6315000000c0')
  })

  test('writes NaN unchanged, and names in UTF-8', () => {
    expect(
      hex(encodeEvent({ type: 'scalars', wallTime: 0, step: 0, scalars: { é: Number.NaN } })),
    ).toBe('09000000000000000010002a0b0a090a02c3a9150000c07f')
  })
})

describe('encodeRecord', () => {
  test('frames data with length and checksums', () => {
    expect(hex(encodeRecord(Buffer.from('09000000000000f83f10ac023a020801', 'hex')))).toBe(
      '100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a',
    )
    expect(hex(encodeRecord(new Uint8Array()))).toBe('000000000000000029039807d8ea82a2')
  })

  test('is 16 bytes longer than any data, and holds it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const record = encodeRecord(data)
        expect(record.length).toBe(data.length + 16)
        expect(record.subarray(12, 12 + data.length)).toEqual(data)
      }),
    )
  })
})

test('maskedChecksum is CRC-32C of the standard’s check string, masked', () => {
  // CRC-32C of it is e3069283: RFC 3720, B.4 gives others of the kind.
  expect(maskedChecksum(new TextEncoder().encode('123456789'))).toBe(0xc78ab0e5)
})
