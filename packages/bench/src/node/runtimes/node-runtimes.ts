import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import type { CellReport, RunCell } from '../../measure/cell-report.js'
import { someBackends } from './backends-of.js'
import { findRuntime, nodeAt } from './find-runtime.js'
import { runInNodeProcess } from './node-process.js'
import { runInProgram } from './program-process.js'
import type { Runtime, RunningRuntime } from './runtime.js'

/** Returns a runtime that has nothing to prepare and nothing to end. */
export const runningWith = (run: RunCell): RunningRuntime => ({ run, async close() {} })

/** Adds what a reader of a cell's figures has to know of its runtime. */
export function withNotes(report: CellReport, notes: readonly string[]): CellReport {
  if (report.status !== 'ok' || report.runtime === undefined) return report
  return { ...report, runtime: { ...report.runtime, notes: [...notes] } }
}

/** The Node.js that runs the bench, which needs no description of its runtime. */
export const ownNode: Runtime = {
  description: 'The Node.js that runs the bench.',
  backendNames: BACKEND_NAMES,
  createBackend: (backend) => backendByName(backend),
  find: async () => ({ ok: true, path: process.execPath }),
  start: async () =>
    runningWith(async (request, signal) => {
      const report = await runInNodeProcess(request, signal)
      if (report.status !== 'ok') return report
      const { runtime: _, ...own } = report
      return own
    }),
  version: async () => process.version,
}

/** A way to start the Node.js that runs the bench. */
interface NodeMode {
  readonly name: string
  readonly description: string
  readonly flags: readonly string[]
  readonly backends: readonly string[]
  /** Tells a reader of its figures what the flags change. */
  readonly note: string
  readonly slow?: boolean
  /** Whether only processors of the kind x64 have this mode. @default false */
  readonly onX64?: boolean
}

/** Returns the runtime that is the bench's own Node.js with other flags. */
export function nodeMode(mode: NodeMode): Runtime {
  const { name, description, flags, backends, note, slow = false, onX64 = false } = mode
  return {
    description,
    ...someBackends(name, backends),
    slow,
    find: async () =>
      onX64 && process.arch !== 'x64'
        ? {
            ok: false,
            reason: `the switch ${flags.join(' ')} is there on x64 alone`,
            hint: 'measure it on a machine with such a processor',
          }
        : { ok: true, path: process.execPath },
    start: async () =>
      runningWith(async (request, signal) =>
        withNotes(await runInNodeProcess(request, signal, { flags }), [note]),
      ),
    version: async () => `${process.version} ${flags.join(' ')}`,
  }
}

/** Returns the runtime that is the newest Node.js of a major version that was found. */
export function otherNode(major: number): Runtime {
  const name = `node${major}`
  const own = process.versions.node.startsWith(`${major}.`)
  return {
    description: `Node.js ${major}.`,
    backendNames: BACKEND_NAMES,
    createBackend: (backend) => backendByName(backend),
    async find() {
      const variable = `NODE${major}_PATH`
      const places = { name, title: `Node.js ${major}`, variable, programs: [name] }
      const last = own ? [process.execPath] : []
      const found = await findRuntime({ ...places, last })
      return found.ok ? nodeAt(found.path, { major, hint: `correct ${variable}` }) : found
    },
    start: startNode,
  }
}

/** Returns the runtime that is the Node.js at a path. */
export function nodeAtPath(path: string): Runtime {
  return {
    description: `The Node.js at ${path}.`,
    backendNames: BACKEND_NAMES,
    createBackend: (backend) => backendByName(backend),
    find: () => nodeAt(path, { hint: 'correct the path behind node=' }),
    start: startNode,
  }
}

async function startNode(path: string): Promise<RunningRuntime> {
  return runningWith((request, signal) =>
    runInProgram(request, signal, { path, args: () => ['--expose-gc'] }),
  )
}
