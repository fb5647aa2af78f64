import { expect, test } from 'vitest'
import { InputError, isInputError } from '../src/index.js'

test('the message is one line: where, what, expected, got, hint', () => {
  const error = new InputError({
    where: 'a.gz',
    what: 'truncated',
    expected: '10 bytes',
    got: '4',
    hint: 'download\nit again',
  })
  expect(error.message).toBe('a.gz: truncated, expected 10 bytes, got 4; download it again')
})

test('parts that are not given are left out of the message', () => {
  expect(new InputError({ where: 'a', what: 'no such file', hint: 'check the path' }).message).toBe(
    'a: no such file; check the path',
  )
})

test('the error has its cause', () => {
  const cause = new Error('ENOENT')
  expect(
    new InputError({ where: 'a', what: 'unreadable', hint: 'check the path', cause }).cause,
  ).toBe(cause)
})

test('isInputError accepts subclasses and rejects other errors', () => {
  class DataError extends InputError {
    override readonly name = 'DataError'
  }
  expect(isInputError(new DataError({ where: 'a', what: 'b', hint: 'c' }))).toBe(true)
  expect(isInputError(new TypeError('a bug'))).toBe(false)
  expect(isInputError('text')).toBe(false)
})
