import { findProgram } from '@mnist-lab/core/node'
import type { CellReport, CellRequest } from '../../../measure/cell-report.js'
import { REMOTE_BACKENDS } from '../../../remote/remote-backends.js'
import { someBackends } from '../backends-of.js'
import type { Runtime, RunningRuntime } from '../runtime.js'
import { builtFile } from './built-files.js'
import { startLineProgram } from './line-link.js'
import { runRemoteCell } from './remote-cell.js'
import { smallestAmount } from './smallest-amount.js'

const SHELL = builtFile('node/runtimes/remote/node-shell.js')

/** The limits that are tried, in MiB. */
const LIMITS = { from: 16, start: 64, to: 1024, step: 2 }

/** The seconds after which a trial has failed. A process without memory may hang. */
const TRIAL_SECONDS = 60

/** Returns what makes Node.js content with little memory: few threads, and a small heap. */
const flags = (mebibytes: number): readonly string[] => [
  '--single-threaded',
  '--v8-pool-size=0',
  '--max-semi-space-size=1',
  `--max-old-space-size=${Math.max(16, Math.floor(mebibytes / 2))}`,
]
/** One allocator, and one thread for files instead of four. Each reserves memory of its own. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '1' }
/** The bytes of each thread's stack, which is usually 8 MiB. */
const STACK_BYTES = 2 * 2 ** 20

/** This Node.js with as little memory as it can train with. */
export const memory64: Runtime = {
  description:
    'The Node.js that runs the bench, in the least memory that it trains in, which the bench finds.',
  ...someBackends('memory64', REMOTE_BACKENDS),
  find: () =>
    findProgram({
      title: 'prlimit',
      variable: 'PRLIMIT_PATH',
      programs: ['prlimit'],
      install: 'install the package util-linux of a Linux system',
    }),
  version: async () => process.version,
  start: async (path, onProgress) => startInLittleMemory(path, onProgress),
}

/** Returns the runtime, which looks for the limit of each engine and model once. */
function startInLittleMemory(prlimit: string, onProgress: (text: string) => void): RunningRuntime {
  const found = new Map<string, number | undefined>()
  let lastFailure = ''
  const runIn = (mebibytes: number, request: CellRequest, signal: AbortSignal) =>
    runRemoteCell(
      request,
      signal,
      (aborted) => {
        const limits = [`--data=${mebibytes * 2 ** 20}`, `--stack=${STACK_BYTES}`]
        const args = [...limits, process.execPath, ...flags(mebibytes), SHELL]
        return startLineProgram({ program: prlimit, args, environment: ENVIRONMENT }, aborted)
      },
      {
        name: 'Node.js',
        version: process.versions.node,
        notes: [
          `${mebibytes} MiB of data is the smallest limit (prlimit --data) in which it trained, evaluated and predicted`,
        ],
      },
    )
  return {
    async run(request, signal) {
      const { backend, model, batchSize } = request
      const key = `${backend} ${model} ${batchSize}`
      if (!found.has(key)) {
        const isEnough = async (mebibytes: number) => {
          const trial = { ...request, purpose: 'measure', budget: { steps: 1 } } as const
          const report = await reported(() =>
            runIn(
              mebibytes,
              trial,
              AbortSignal.any([signal, AbortSignal.timeout(TRIAL_SECONDS * 1000)]),
            ),
          )
          signal.throwIfAborted()
          const enough = report.status === 'ok'
          if (!enough) lastFailure = report.reason
          onProgress(`${key}: ${mebibytes} MiB is ${enough ? 'enough' : 'too little'}`)
          return enough
        }
        found.set(key, await smallestAmount(LIMITS, isEnough))
      }
      // Near the limit chance decides whether there is enough, so some more is tried.
      for (let limit = found.get(key); limit !== undefined; limit += LIMITS.step) {
        const report = await reported(() => runIn(limit!, request, signal))
        if (report.status !== 'failed' || signal.aborted || limit >= found.get(key)! + MORE)
          return report
      }
      return {
        status: 'failed',
        reason: `it does not train within ${LIMITS.to} MiB: ${lastFailure}`,
      }
    },
    async close() {},
  }
}

/** The most MiB beyond the limit that was found. */
const MORE = 8

/** Returns the report of a process, also of one that ended without one. */
async function reported(run: () => Promise<CellReport>): Promise<CellReport> {
  try {
    return await run()
  } catch (error) {
    return { status: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}
