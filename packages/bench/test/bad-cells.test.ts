// These tests run the process of a cell that misbehaves. The other cells' results must not suffer.
import { describe, expect, test } from 'vitest'
import type { CellRequest } from '../src/measure/cell-report.js'
import { runInNodeProcess } from '../src/node/runtimes/node-process.js'
import { Runtimes } from '../src/node/runtimes/runtimes.js'

const BAD_CELL = new URL('./fixtures/bad-cell.mjs', import.meta.url)

/** Runs one cell with the process that misbehaves. A silent one is given up after one second. */
function run(model: string, signal = new AbortController().signal) {
  const runtimes = new Runtimes({
    timeLimit: (request) => (request.model === 'isSilent' ? 1 : 60),
    runtimeOf: () => ({
      find: async () => ({ ok: true, path: '' }),
      start: async () => ({
        run: (request, aborted) => runInNodeProcess(request, aborted, { program: BAD_CELL }),
        async close() {},
      }),
    }),
  })
  const request: CellRequest = {
    backend: 'x',
    model,
    batchSize: 4,
    purpose: 'measure',
    repetition: 1,
    seed: 1,
    budget: { steps: 1 },
    exactThreads: false,
    plain: false,
  }
  return runtimes.run(request, signal)
}

describe('the process of a cell', () => {
  test.each([
    ['dies', /^the process ended \(exit code 7\) without a message$/],
    ['crashes', /^Error: \\u\{1b\}\[2Jbroken\\u\{7\} \(exit code 1\)$/],
    ['isKilled', /^the process ended \(SIGKILL\) without a message$/],
    ['isSilent', /^it did not answer within [\d.]+ s; see --timeout$/],
    ['sendsText', /^its report has a wrong form: /],
    ['sendsNull', /^the process ended \(exit code 0\) without a message$/],
    ['sendsOtherStatus', /^its report has a wrong status: /],
    ['sendsNoInfo', /^its report has a wrong info: /],
    ['sendsWrongSteps', /^its report has a wrong timings\.steps\.1: /],
    ['sendsControls', /^\\u\{1b\}\[2J failed$/],
  ])('that misbehaves is a row with its reason: %s', async (model, reason) => {
    expect(await run(model)).toEqual({
      status: 'failed',
      reason: expect.stringMatching(reason) as string,
    })
  })

  test('may print what it likes', async () => {
    expect(await run('printsGarbage')).toMatchObject({ status: 'ok' })
  })

  test('is ended by an abort', async () => {
    const abort = new AbortController()
    const report = run('isSilent', abort.signal)
    setTimeout(() => abort.abort(), 200)
    expect(await report).toMatchObject({ status: 'failed' })
  })
})
