import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64 } from '../src/base64.js'

test('bytes come back from base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(fromBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes)
    }),
  )
})
