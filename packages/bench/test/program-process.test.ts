// These tests run the process of a cell whose request and report are files, and look for Node.js.
import { readdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CellRequest } from '../src/measure/cell-report.js'
import { findRuntime, nodeAt } from '../src/node/runtimes/find-runtime.js'
import { installedProgram } from '../src/node/runtimes/packages.js'
import { runInProgram } from '../src/node/runtimes/program-process.js'
import { Runtimes } from '../src/node/runtimes/runtimes.js'

const PROGRAM = new URL('./fixtures/bad-program.mjs', import.meta.url)

let folder: string
const before = process.env['TMPDIR']
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-program-'))
  process.env['TMPDIR'] = folder
})
afterEach(async () => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await rm(folder, { recursive: true })
})

/** Runs one cell with a process that misbehaves, and gives it up after two seconds. */
function run(model: string, signal = new AbortController().signal, path = process.execPath) {
  const request: CellRequest = {
    backend: 'fused@other',
    model,
    batchSize: 4,
    purpose: 'measure',
    repetition: 1,
    seed: 1,
    budget: { steps: 1 },
    exactThreads: false,
    plain: false,
  }
  const runtimes = new Runtimes({
    timeLimit: () => 2,
    runtimeOf: () => ({
      find: async () => ({ ok: true, path }),
      start: async () => ({
        run: (asked, aborted) => runInProgram(asked, aborted, { path, args: () => [] }, PROGRAM),
        async close() {},
      }),
    }),
  })
  return runtimes.run(request, signal)
}

describe('a program whose request and report are files', () => {
  test.each([
    ['answers', /^as asked$/],
    ['dies', /^the process ended \(exit code 7\) without a message$/],
    ['crashes', /broken.* \(exit code 1\)$/],
    ['writesNothing', /^the process ended \(exit code 0\) without a message$/],
    ['writesGarbage', /JSON/],
    ['diesHalfway', /exit code 3/],
    ['isSilent', /^it did not answer within 2 s; see --timeout$/],
  ])('is a row with its reason when it %s, and leaves no file', async (model, reason) => {
    const report = await run(model)
    expect(report).toEqual({ status: 'failed', reason: expect.stringMatching(reason) as string })
    expect(await readdir(folder)).toEqual([])
  })

  test('is ended by an abort, and leaves no file', async () => {
    const abort = new AbortController()
    const ended = run('isSilent', abort.signal)
    setTimeout(() => abort.abort(), 300)
    expect((await ended).status).toBe('failed')
    expect(await readdir(folder)).toEqual([])
  })

  test('that does not exist is a row with its reason', async () => {
    expect(await run('answers', undefined, '/nowhere/node')).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('ENOENT') as string,
    })
  })
})

describe('a program of a runtime', () => {
  const places = { name: 'bun', title: 'Bun', variable: 'BUN_PATH', programs: ['bun'] }

  test('is the one that a variable names, then the installed one, then one on the PATH', async () => {
    const onPath = join(folder, 'bun')
    await writeFile(onPath, '', { mode: 0o755 })
    const environment = { PATH: folder }
    const { MNIST_LAB_CACHE: cache } = process.env
    process.env['MNIST_LAB_CACHE'] = join(folder, 'cache')
    try {
      expect(installedProgram('bun')).toContain(join(folder, 'cache', 'runtimes', 'bun'))
      expect(await findRuntime(places, environment)).toEqual({ ok: true, path: onPath })
      expect(await findRuntime(places, { ...environment, BUN_PATH: process.execPath })).toEqual({
        ok: true,
        path: process.execPath,
      })
      expect(await findRuntime(places, { ...environment, BUN_PATH: '/nowhere' })).toEqual({
        ok: false,
        reason: 'BUN_PATH is /nowhere, which is not a program',
        hint: 'set BUN_PATH to the path of Bun',
      })
      expect(await findRuntime(places, {})).toEqual({
        ok: false,
        reason: 'Bun was not found on this machine',
        hint: 'pnpm setup:runtimes bun, or set BUN_PATH to its path',
      })
    } finally {
      if (cache === undefined) delete process.env['MNIST_LAB_CACHE']
      else process.env['MNIST_LAB_CACHE'] = cache
    }
  })

  test('is refused where it is not the Node.js that it should be', async () => {
    const hint = 'correct it'
    const other = join(folder, 'other')
    await writeFile(other, '#!/bin/sh\necho v18.1.0\n', { mode: 0o755 })
    expect(await nodeAt(process.execPath, { hint })).toMatchObject({ ok: true })
    expect(await nodeAt(process.execPath, { major: 9, hint })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/ is not Node\.js 9, it answers v\d/) as string,
    })
    expect(await nodeAt(other, { hint })).toMatchObject({
      ok: false,
      reason: `${other} is not Node.js 20.19 or later, it answers v18.1.0`,
    })
    expect(await nodeAt('/nowhere', { hint })).toEqual({
      ok: false,
      reason: '/nowhere is not a program',
      hint,
    })
  })
})
