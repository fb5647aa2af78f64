// These tests cover the names of engines, the table of runtimes, and reports that a browser sends
// as text.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Runtimes } from '../src/node/runtimes/runtimes.js'
import { backendErrorIn, knownRuntime } from '../src/node/runtimes/table.js'
import { parseReportText, reportText } from '../src/page/report-text.js'
import {
  backendInRuntime,
  engineText,
  parseEngineName,
  splitRuntime,
} from '../src/protocol/engine-name.js'
import { referenceOf } from '../src/protocol/protocol.js'

describe('the name of an engine', () => {
  test.each([
    ['fused', { backend: 'fused', runtime: 'node' }],
    ['fused:2', { backend: 'fused', threads: 2, runtime: 'node' }],
    ['cpu-stock@chromium', { backend: 'cpu-stock', runtime: 'chromium' }],
    ['wasm:4@firefox', { backend: 'wasm', threads: 4, runtime: 'firefox' }],
    ['fused@node=/opt/a b:c@d/node', { backend: 'fused', runtime: 'node=/opt/a b:c@d/node' }],
    ['cpu:2@node=C:\\node.exe', { backend: 'cpu', threads: 2, runtime: 'node=C:\\node.exe' }],
  ])('%s is taken apart and put together again', (text, parts) => {
    expect(parseEngineName(text)).toEqual(parts)
    const backend = backendInRuntime(parts.backend, parts.runtime)
    const askedThreads = 'threads' in parts ? parts.threads : undefined
    expect(engineText({ backend, askedThreads })).toBe(text)
  })

  test.each(['', ':2', 'fused:', 'fused:0', 'fused:two', 'fused:1:1', 'fused@', 'a b'])(
    '%j is none',
    (text) => {
      expect(parseEngineName(text)).toBeUndefined()
    },
  )

  test('has its runtime in the name of its backend', () => {
    expect(splitRuntime('cpu-stock@chromium')).toEqual({
      backend: 'cpu-stock',
      runtime: 'chromium',
    })
    expect(splitRuntime('fused')).toEqual({ backend: 'fused', runtime: 'node' })
    expect([referenceOf('fused@chromium'), referenceOf('null@chromium')]).toEqual([
      'cpu-stock',
      'null@chromium',
    ])
  })
})

describe('the runtimes', () => {
  test('have different backends', () => {
    expect(backendErrorIn('node', 'node')).toBeUndefined()
    expect(backendErrorIn('chromium', 'node')?.message).toContain('it runs only in Node.js')
    expect(backendErrorIn('chromium', 'webgl')).toBeUndefined()
    expect(backendErrorIn('bun', 'fused-simd128')).toBeUndefined()
    expect(backendErrorIn('jitless', 'cpu-stock')).toBeUndefined()
    expect(backendErrorIn('jitless', 'null')).toBeUndefined()
    expect(backendErrorIn('jitless', 'fused')?.message).toMatch(
      /^backend fused: it does not run in jitless, expected one of .*cpu; choose/,
    )
    expect(backendErrorIn('deno', 'node')?.message).toContain(
      'backend node: it does not run in deno',
    )
    expect(backendErrorIn('node', 'webgl')?.message).toContain(
      'backend webgl: it runs only in browsers',
    )
  })

  test('are refused if they are unknown', () => {
    expect(() => knownRuntime('safari', '--in')).toThrow(
      /--in: expected some of node, node20, .*firefox.*, node=PATH, got safari/,
    )
    expect(() => knownRuntime('constructor', '--in')).toThrow(/--in: expected/)
    expect(() => knownRuntime('node=', '--in')).toThrow(/--in: expected/)
  })

  test('report in the cell why a runtime is missing', async () => {
    const before = process.env['FIREFOX_PATH']
    process.env['FIREFOX_PATH'] = '/nowhere/firefox'
    try {
      const report = await new Runtimes().run(
        {
          backend: 'null@firefox',
          model: 'lenet5',
          batchSize: 4,
          purpose: 'measure',
          repetition: 1,
          seed: 1,
          budget: { steps: 1 },
          exactThreads: false,
          plain: false,
        },
        new AbortController().signal,
      )
      expect(report).toMatchObject({
        status: 'unavailable',
        hint: expect.stringContaining('FIREFOX_PATH') as string,
      })
    } finally {
      if (before === undefined) delete process.env['FIREFOX_PATH']
      else process.env['FIREFOX_PATH'] = before
    }
  })
})

test('a report survives conversion to text bit for bit', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ maxLength: 20 }),
      fc.double(),
      fc.string(),
      (floats, number, text) => {
        const report = {
          trace: { weights: [floats], losses: [Number.isFinite(number) ? number : 0] },
          info: text,
        }
        const back = parseReportText(reportText(report)) as typeof report
        expect(new Uint32Array(back.trace.weights[0]!.buffer)).toEqual(
          new Uint32Array(floats.slice().buffer),
        )
        expect(back.info).toBe(text)
      },
    ),
  )
})
