// These tests run programs with remote engines: some that misbehave, and every real one that is
// found. REQUIRE_RUNTIMES names those that must be there.
import { fileURLToPath } from 'node:url'
import { backendByName } from '@mnist-lab/backends/node'
import { loadMnist } from '@mnist-lab/data/node'
import { describe, expect, test } from 'vitest'
import type { CellRequest, OkReport } from '../src/measure/cell-report.js'
import { measureCell } from '../src/measure/measure-cell.js'
import { sameBits } from '../src/measure/parity.js'
import { startLineProgram } from '../src/node/runtimes/remote/line-link.js'
import { runRemoteCell } from '../src/node/runtimes/remote/remote-cell.js'
import { Runtimes } from '../src/node/runtimes/runtimes.js'
import { RUNTIMES } from '../src/node/runtimes/table.js'
import { BITS_BACKENDS } from '../src/protocol/protocol.js'

const BAD_REMOTE = fileURLToPath(new URL('./fixtures/bad-remote.mjs', import.meta.url))

const request: CellRequest = {
  backend: 'fused',
  model: 'lenet5',
  batchSize: 32,
  purpose: 'measure',
  repetition: 1,
  seed: 1,
  budget: { steps: 1 },
  exactThreads: false,
  plain: false,
}

describe('a program that misbehaves is a row with its reason', () => {
  const run = (way: string, signal = new AbortController().signal) =>
    new Runtimes({
      timeLimit: () => (way === 'isSilent' ? 1 : 60),
      runtimeOf: () => ({
        find: async () => ({ ok: true, path: process.execPath }),
        start: async (program) => ({
          run: (asked, aborted) =>
            runRemoteCell(
              asked,
              aborted,
              (until) => startLineProgram({ program, args: [BAD_REMOTE, way] }, until),
              { name: 'Somewhere', version: '1', notes: [] },
            ),
          async close() {},
        }),
      }),
    }).run({ ...request, backend: 'fused@somewhere' }, signal)

  test.each([
    ['dies', /^the process ended \(exit code 7\) without a message$/],
    ['crashes', /^Error: broken \(exit code 1\)$/],
    ['isKilled', /^the process ended \(SIGKILL\) without a message$/],
    ['floods', /^it wrote a line of more than 256 MiB$/],
    ['saysTooMuch', /^it answered more than once to one request$/],
    ['closesStdout', /^it closed its stdout without an answer$/],
    ['isSilent', /^it did not answer within 1 s; see --timeout$/],
  ])('%s', async (way, reason) => {
    expect(await run(way)).toEqual({
      status: 'failed',
      reason: expect.stringMatching(reason) as string,
    })
  })

  test('and is ended by an abort', async () => {
    const abort = new AbortController()
    const report = run('isSilent', abort.signal)
    setTimeout(() => abort.abort(), 200)
    expect(await report).toMatchObject({ status: 'failed' })
  })
})

/** The real runtimes, each with a backend and whose bits it gives. */
const REAL: Readonly<Record<string, readonly (readonly [string, keyof typeof BITS_BACKENDS])[]>> = {
  workerd: [
    ['fused-simd128', 'simd128'],
    ['fused-scalar', 'scalar'],
  ],
  jsc: [['fused-simd128', 'simd128']],
  quickjs: [['fused-js', 'scalar']],
  memory64: [['fused-simd128', 'simd128']],
  arm64: [['fused-simd128', 'simd128']],
}

const required = (process.env['REQUIRE_RUNTIMES'] ?? '').split(',')

for (const [name, backends] of Object.entries(REAL)) {
  const found = await RUNTIMES[name]!.find()
  const why = found.ok ? '' : ` (${found.reason}: ${found.hint})`
  describe.skipIf(!found.ok && !required.includes(name))(`${name}${why}`, () => {
    test('trains a model and says what it is', { timeout: 120_000 }, async () => {
      const runtimes = new Runtimes()
      const report = await runtimes.run(
        {
          ...request,
          model: 'custom-mlp',
          batchSize: 4,
          backend: `${name === 'arm64' ? 'fused' : 'cpu'}@${name}`,
        },
        new AbortController().signal,
      )
      await runtimes.close()
      expect(report).toMatchObject({
        status: 'ok',
        runtime: { clock: 'host', version: expect.stringMatching(/\d/) as string },
      })
    })

    test.skipIf(backends.length === 0).each(backends)(
      '%s gives the bits of %s in Node.js',
      { timeout: 120_000 },
      async (backend, build) => {
        const runtimes = new Runtimes()
        const { signal } = new AbortController()
        const there = await runtimes.run({ ...request, backend: `${backend}@${name}` }, signal)
        await runtimes.close()
        expect(there).toMatchObject({ status: 'ok' })
        const here = await measureCell(
          { ...request, purpose: 'reference' },
          {
            backend: () => backendByName(BITS_BACKENDS[build]),
            loadData: () => loadMnist(),
            now: () => performance.now(),
            process: {},
          },
        )
        const weights = (report: typeof here) => (report as OkReport).trace!.weights
        expect(sameBits(weights(there), weights(here))).toBe(true)
      },
    )
  })
}
