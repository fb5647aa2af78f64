import { describe, expect, test } from 'vitest'
import type { CellRequest } from '../src/measure/cell-report.js'
import { progressLine } from '../src/node/progress.js'
import { crashReason } from '../src/node/process-end.js'
import { okReport } from './fixtures/reports.js'

const request: CellRequest = {
  backend: 'wasm',
  model: 'lenet5',
  batchSize: 32,
  repetition: 2,
  purpose: 'measure',
  seed: 1,
  budget: { steps: 4 },
  exactThreads: false,
  plain: false,
}

function show(isTTY: boolean, columns = 80): string {
  let text = ''
  const line = progressLine(
    {
      isTTY,
      columns,
      write: (part) => {
        text += part
      },
    },
    { repetitions: 5, seeds: 5 },
  )
  const run = { request, report: okReport(20) }
  line.show({ type: 'started', request, done: 3, left: 7 })
  line.show({ type: 'finished', run, runs: [run], left: 6 })
  line.show({ type: 'started', request: { ...request, backend: 'cpu' }, done: 4, left: 6 })
  line.end()
  return text
}

describe('progress', () => {
  test('is a line for each finished process on a pipe', () => {
    expect(show(false)).toBe('[1/7] wasm lenet5 32 2/5: 20.0 ms/step so far\n')
  })

  test('is one rewritten line on a terminal, never wider than that, and gone at the end', () => {
    const text = show(true, 40)
    expect(text).not.toContain('\n')
    const lines = text.split('\r\u001b[K')
    expect(lines.slice(1, 3)).toEqual([
      '[4/10] wasm lenet5 32 2/5 …',
      '[1/7] wasm lenet5 32 2/5: 20.0 ms/step ',
    ])
    for (const line of lines) expect(line.length).toBeLessThan(40)
    expect(lines.at(-1)).toBe('')
  })
})

describe('the reason of a crash', () => {
  test('is the last informative line of stderr', () => {
    const stderr =
      'Error: first\n    at f (file.js:1:1)\nRangeError: second\n    at g (file.js:2:2)\n\nNode.js v20.0.0\n'
    expect(crashReason(stderr, 'exit code 1')).toBe('RangeError: second (exit code 1)')
    const heap =
      'FATAL ERROR: Reached heap limit\n----- Native stack trace -----\n\n 1: 0xb8d0a3 node::Abort() [node]\n'
    expect(crashReason(heap, 'SIGABRT')).toBe('FATAL ERROR: Reached heap limit (SIGABRT)')
  })

  test('says when there is no message', () => {
    expect(crashReason('', 'SIGKILL')).toBe('the process ended (SIGKILL) without a message')
  })
})
