// These tests run programs that misbehave, with real processes and pipes, in both modes.
import { setMaxListeners } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CellRequest } from '../src/measure/cell-report.js'
import { AnswerLines } from '../src/node/peers/answer-lines.js'
import { startPeer } from '../src/node/peers/peer-process.js'
import { runPeer } from '../src/node/peers/run-peer.js'
import { measureTurns } from '../src/node/peers/turns.js'
import { type BenchPlan, DEFAULT_PLAN } from '../src/protocol/plan.js'
import { turnsResult } from '../src/results/turns-result.js'
import { benchTable } from '../src/present/result-table.js'
import { environment } from './fixtures/reports.js'

const BAD_PEER = fileURLToPath(new URL('./fixtures/bad-peer.mjs', import.meta.url))

/** The reason that the row of each mode must show; where the modes differ, in turns. */
const MODES: Readonly<Record<string, RegExp | { readonly fresh: RegExp; readonly turns: RegExp }>> =
  {
    endless: /a line of more than 64 MiB/,
    junk: /its answer to open is|answered more than once/,
    noInfo: /answer to open has a wrong info: .*expected object/,
    null: /answer to open is null, expected hello/,
    list: /answer to open is \[\], expected hello/,
    deep: /answer to open is nested too deeply, expected at most 64 lists/,
    ansi: /^\\u\{1b\}\[2J\\u\{1b\}\]0;title\\u\{7\} bad \\u\{202e\}\\u\{9b\}1m$/,
    ansiJunk: /answer to open is \\u\{1b\}\[2J, expected hello/,
    ansiCrash: /^\\u\{1b\}\[2Jcrash\\u\{7\} \(exit code 3\)$/,
    silent: /did not answer to open within 2 s; see --timeout/,
    wrongTypes: /answer to open has a wrong info\.versions/,
    manyThreads: /answer to open has a wrong info\.threads/,
    exits: /the process ended \(exit code 0\) without a message/,
    closesStdout: /closed its stdout without an answer/,
    floodsStderr: /^e+… \(exit code 4\)$/,
    leavesChild: /exit code 5/,
    noLosses: /answer to prepare has a wrong losses/,
    badLosses: /answer to prepare has a wrong losses\.0/,
    fewLosses: /it reports 1 losses, not \d+/,
    weightsOfThreeBytes: { fresh: /it wrote 3 bytes of weights, not/, turns: /no weights asked/ },
    weightsAreFolder: { fresh: /it wrote no file of weights, not/, turns: /no weights asked/ },
    noSamples: /answer to burst has a wrong samplesMs/,
    textSamples: /answer to burst has a wrong samplesMs\.0/,
    emptySamples: /answer to burst has a wrong samplesMs/,
    negative: /answer to burst has a wrong samplesMs\.0/,
    zeros: /answer to burst has a wrong samplesMs\.0/,
    huge: /answer to burst has a wrong samplesMs\.0/,
    otherType: /answer to burst is .*, expected burst/,
    twice: /answered more than once|without being asked/,
    flood: /answered more than once|without being asked/,
    silentBurst: /did not answer to burst within \d+(\.\d+)? s/,
    diesInBurst: /exit code 6/,
  }
const ALL = Object.keys(MODES)
const command = (mode: string) => ({
  name: mode,
  executable: process.execPath,
  args: [BAD_PEER, mode],
})
const reasonOf = (mode: string, kind: 'fresh' | 'turns') => {
  const reason = MODES[mode]!
  return reason instanceof RegExp ? reason : reason[kind]
}

let folder: string
let written = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-peers-'))
})
afterAll(() => rm(folder, { recursive: true }))
const inputs = {
  images: 'images',
  labels: 'labels',
  weights: (model: string) => `${model}.f32`,
  weightsOut: () => join(folder, `weights-${written++}`),
  samples: { trainSamples: 10, testSamples: 10 },
  async remove() {},
}
const request: CellRequest = {
  backend: 'x',
  model: 'custom-mlp',
  batchSize: 4,
  purpose: 'measure',
  repetition: 1,
  seed: 1,
  budget: { seconds: 0.001, minSteps: 1 },
  exactThreads: false,
  plain: false,
}
const fresh = (mode: string) =>
  runPeer(
    command(mode),
    request,
    { startPeer, inputs, machineMs: () => 0, now: () => performance.now(), answerSeconds: 2 },
    new AbortController().signal,
  )

/** Returns the processes that still run the fixture, on systems that list them. */
async function leftBehind(): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.filter((text) => text.includes(BAD_PEER))
}

const CONTROL = /[\p{Cc}\u202e]/u

describe('a peer that misbehaves', () => {
  test('is measured if it does not', async () => {
    expect(await fresh('good')).toMatchObject({
      status: 'ok',
      timings: { steps: Array(20).fill(1) },
    })
  })

  test.each(ALL)('in a fresh process, is a row with its reason: %s', async (mode) => {
    const report = await fresh(mode)
    expect(report.status).toMatch(/failed|unavailable/)
    if (report.status === 'ok') return
    expect(report.reason).toMatch(reasonOf(mode, 'fresh'))
    expect(report.reason).not.toMatch(CONTROL)
    expect(report.reason.length).toBeLessThan(2100)
  })

  test(
    'in turns, is a row with its reason, and the others are measured',
    { timeout: 120_000 },
    async () => {
      const peers = ['good', ...ALL, 'goodToo'].map(command)
      const plan: BenchPlan = {
        ...DEFAULT_PLAN,
        mode: 'turns',
        engines: peers.map(({ name }) => name),
        peers,
        models: ['custom-mlp'],
        batchSizes: [4],
        repetitions: 2,
        budget: { seconds: 0.001, minSteps: 1 },
        answerSeconds: 2,
      }
      const { signal } = new AbortController()
      setMaxListeners(100, signal)
      const tools = { inputs, startPeer, signal, onProgress() {}, pauseMs: 20 }
      const group = await measureTurns('custom-mlp', 4, plan, tools)
      expect(group.engines.map(({ engine }) => engine)).toEqual(['good', 'goodToo'])
      const lost = new Map(
        [...group.skipped, ...group.failed].map((one) => [one.engine, one.reason]),
      )
      expect([...lost.keys()].toSorted()).toEqual(ALL.toSorted())
      for (const [mode, reason] of lost)
        expect(reason.replace(/^it was lost in round \d of \d: /, '')).toMatch(
          reasonOf(mode, 'turns'),
        )
      const text = benchTable(
        turnsResult(plan, [group], environment, { ...inputs.samples, interrupted: false }),
      )
      expect(text.replaceAll('\n', '')).not.toMatch(CONTROL)
      expect(await leftBehind()).toEqual([])
    },
  )

  test('leaves no process behind, not even one that it started', async () => {
    await Promise.all(['silent', 'closesStdout', 'leavesChild'].map(fresh))
    expect(await leftBehind()).toEqual([])
  })

  test('is ended by an abort', async () => {
    const abort = new AbortController()
    const started = startPeer(command('silent'), undefined, abort.signal)
    setTimeout(() => abort.abort(), 300)
    await expect(started).rejects.toThrow(/ended|SIGKILL|stdout/)
    expect(await leftBehind()).toEqual([])
  })
})

describe('the lines of a peer', () => {
  test('may come in any pieces', async () => {
    const stream = new PassThrough()
    const lines = new AnswerLines(stream)
    const line = lines.next()
    for (const byte of Buffer.from('{"é":1}\n')) stream.write(Buffer.from([byte]))
    expect(await line).toBe('{"é":1}')
  })

  test('have a largest size, after which nothing more is read', async () => {
    const stream = new PassThrough()
    const lines = new AnswerLines(stream, 10)
    const line = lines.next()
    stream.write('12345')
    stream.write('678901')
    await expect(line).rejects.toThrow('it wrote a line of more than')
    expect(stream.destroyed).toBe(true)
    await expect(lines.next()).rejects.toThrow('it wrote a line of more than')
  })
})
