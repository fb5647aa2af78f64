import { describe, expect, test } from 'vitest'
import { instrument } from '../src/instrument.js'

/** Runs a function body after it was instrumented. Returns its result and the branches it ran. */
function run(body: string): { result: unknown; ran: number[]; branches: number } {
  const { code, next } = instrument(`(function f() { ${body} })()`, 0)
  Reflect.deleteProperty(globalThis, '__fuzzHits')
  // The code is a text that this test wrote.
  const result: unknown = (0, eval)(code) // oxlint-disable-line no-eval
  const hits = Reflect.get(globalThis, '__fuzzHits') as Uint8Array
  const ran = Array.from(hits.subarray(0, next), (hit, branch) => (hit > 0 ? branch : -1))
  return { result, ran: ran.filter((branch) => branch >= 0), branches: next }
}

describe('instrumented code gives the same result, and counts its branches', () => {
  test.each<[string, string, unknown, number, number]>([
    ['a function', 'return 1', 1, 1, 1],
    ['an if without else', 'if (Date.now() < 0) return 1; return 2', 2, 3, 2],
    ['an if without braces in an else', 'if (0) return 1; else if (1) return 2; return 3', 2, 5, 3],
    ['a conditional expression', 'return 1 ? 2 : 3', 2, 3, 2],
    ['what && and ?? skip', 'return (0 && 1) || (null ?? 4)', 4, 4, 3],
    ['a loop', 'let sum = 0; for (const i of [1, 2]) sum += i; return sum', 3, 2, 2],
    ['a do while loop without braces', 'let i = 0; do i++; while (i < 3); return i', 3, 2, 2],
    ['cases', 'switch (2) { case 1: return 1; case 2: case 3: return 4 }', 4, 3, 2],
    ['an arrow that returns an object', 'return (() => ({ a: 1 }))().a', 1, 2, 2],
    ['nested arrows', 'return ((a) => (b) => a || b)(0)(2)', 2, 4, 4],
    ['a catch', 'try { throw 1 } catch (error) { return error }', 1, 2, 2],
    ['a directive', '"use strict"; return this === undefined', true, 1, 1],
  ])('%s', (_, body, result, branches, ran) => {
    const outcome = run(body)
    expect(outcome.result).toBe(result)
    expect(outcome.branches).toBe(branches)
    expect(outcome.ran).toHaveLength(ran)
  })
})

test('the branches of the next module follow those of the one before', () => {
  const first = instrument('export const a = () => 1', 0)
  const second = instrument('export const b = () => 1', first.next)
  expect([first.next, second.next]).toEqual([1, 2])
  expect(second.code).toContain('__hits[1]++')
})
