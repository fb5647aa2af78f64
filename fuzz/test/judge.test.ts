import { InputError } from '@mnist-lab/core'
import { describe, expect, test } from 'vitest'
import { type Fault, faultOf, MAX_MESSAGE, signatureOf } from '../src/judge.js'
import { shrink } from '../src/shrink.js'
import { BrokenLaw } from '../src/target.js'

const withMessage = (message: string) =>
  Object.assign(new InputError({ where: 'a', what: 'b', hint: 'c' }), { message })

describe('an error is judged', () => {
  test.each<[string, unknown, Fault['kind'] | undefined]>([
    ['an InputError of one line', withMessage('a: it is wrong; correct it'), undefined],
    ['an InputError of two lines', withMessage('a\nb'), 'message'],
    ['one with an escape sequence', withMessage('a\u001b[2J'), 'message'],
    ['one that is too long', withMessage('a'.repeat(MAX_MESSAGE + 1)), 'message'],
    ['one without a message', withMessage(' '), 'message'],
    ['another error', new RangeError('Maximum call stack size exceeded'), 'exception'],
    ['something that is no error', 'a', 'exception'],
    ['a broken law', new BrokenLaw('a'), 'law'],
  ])('%s', (_, error, kind) => {
    expect(faultOf(error)?.kind).toBe(kind)
  })
})

test('faults with one cause have one signature, whatever the input says', () => {
  const signature = (what: string) =>
    signatureOf({ kind: 'exception', what, stack: '    at f (file:///a.js:1:2)' })
  expect(signature('RangeError: got 12, expected "a"')).toBe(
    signature('RangeError: got 3, expected "other"'),
  )
  expect(signature('RangeError: got 12')).not.toBe(signature('RangeError: has 12'))
})

test('a shorter input is found that is wrong in the same way', async () => {
  const bytes = new TextEncoder().encode(`${'a'.repeat(500)}X${'b'.repeat(300)}Y`)
  const isSame = async (bytes: Uint8Array) => /X.*Y/.test(new TextDecoder().decode(bytes))
  expect(new TextDecoder().decode(await shrink(bytes, isSame, 1000))).toBe('XY')
})
