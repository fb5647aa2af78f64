import { type Backend, BackendError } from '@mnist-lab/backends'
import { BACKEND_NAMES, backendByName } from '@mnist-lab/backends/node'
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import { printable } from '@mnist-lab/core'
import { type BrowserName, findBrowser } from '@mnist-lab/core/node'
import { UsageError } from '@mnist-lab/terminal'
import type { CellRequest, RunCell, UnavailableReport } from '../measure/cell-report.js'
import { checkedReport } from '../measure/report-schema.js'
import { splitRuntime } from '../protocol/engine-name.js'
import { secondsForCell } from '../protocol/limits.js'
import { MAX_TEXT } from '../protocol/text-schema.js'
import { startBrowser } from './browser-runtime.js'
import { runInNodeProcess } from './node-runtime.js'

/** A JavaScript runtime that cells can run in. */
interface Runtime {
  /** The backends that `--backend=all` stands for in this runtime. */
  readonly backendNames: readonly string[]
  /**
   * Creates one of its backends.
   *
   * @throws BackendError when the runtime has no backend of that name
   */
  readonly createBackend: (name: string) => Backend
  /** Looks for the runtime on this machine. */
  readonly find: () => Promise<FoundRuntime>
  /**
   * Prepares to run cells.
   *
   * @param path the program that `find` found
   */
  readonly start: (path: string) => Promise<RunningRuntime>
}

type FoundRuntime =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

/** A runtime that runs cells, each in a fresh process or context, until it is closed. */
interface RunningRuntime {
  readonly run: RunCell
  readonly close: () => Promise<void>
}

const browser = (name: BrowserName): Runtime => ({
  backendNames: WEB_BACKEND_NAMES,
  createBackend: (backend) => webBackend(backend),
  find: () => findBrowser(name),
  start: (path) => startBrowser(name, path),
})

/** The table of runtimes. To add one, add a row; `--in`, `@runtime` and the help texts follow. */
const RUNTIMES: Readonly<Record<string, Runtime>> = {
  node: {
    backendNames: BACKEND_NAMES,
    createBackend: (backend) => backendByName(backend),
    find: async () => ({ ok: true, path: process.execPath }),
    start: async () => ({
      run: (request, signal) => runInNodeProcess(request, signal),
      async close() {},
    }),
  },
  chromium: browser('chromium'),
  firefox: browser('firefox'),
}

/** The names of the runtimes: `node`, `chromium` and so on. */
export const RUNTIME_NAMES: readonly string[] = Object.keys(RUNTIMES)

/** Returns the backends that `--backend=all` stands for in a runtime. */
export function backendNamesIn(runtime: string): readonly string[] {
  return RUNTIMES[runtime]!.backendNames
}

/** Returns why a runtime has no backend of that name, or undefined if it has one. */
export function backendErrorIn(runtime: string, backend: string): BackendError | undefined {
  try {
    RUNTIMES[runtime]!.createBackend(backend)
    return undefined
  } catch (error) {
    if (error instanceof BackendError) return error
    throw error
  }
}

/**
 * Returns the name of a runtime if there is one of that name.
 *
 * @param where the flag or the engine that names it
 * @throws UsageError for an unknown runtime
 */
export function knownRuntime(name: string, where: string): string {
  if (Object.hasOwn(RUNTIMES, name)) return name
  throw new UsageError({
    where,
    expected: `some of ${RUNTIME_NAMES.join(', ')}`,
    got: name,
    hint: 'correct the name of the runtime',
  })
}

/** Options of {@link Runtimes}. */
export interface RuntimesOptions {
  /** Returns the seconds after which a cell is given up. */
  readonly timeLimit?: (request: CellRequest) => number
  /** The table of runtimes, which tests replace. */
  readonly table?: Readonly<Record<string, Pick<Runtime, 'find' | 'start'>>>
}

/**
 * Runs cells in the runtimes that their names ask for. Each runtime is started for its first cell
 * and closed at the end. What comes back is checked, and a process or page that is silent for too
 * long is ended.
 */
export class Runtimes {
  readonly #running = new Map<string, RunningRuntime>()
  readonly #timeLimit: (request: CellRequest) => number
  readonly #table: NonNullable<RuntimesOptions['table']>

  constructor({
    timeLimit = (request) => secondsForCell(request),
    table = RUNTIMES,
  }: RuntimesOptions = {}) {
    this.#timeLimit = timeLimit
    this.#table = table
  }

  readonly run: RunCell = async (request, signal) => {
    const seconds = this.#timeLimit(request)
    const silence = AbortSignal.timeout(seconds * 1000)
    const failed = (reason: string) => ({ status: 'failed', reason }) as const
    const silent = `it did not answer within ${seconds} s; see --timeout`
    try {
      const running = await this.#started(splitRuntime(request.backend).runtime)
      if ('status' in running) return running
      const report = await running.run(request, AbortSignal.any([signal, silence]))
      if (silence.aborted && report.status === 'failed') return failed(silent)
      return checkedReport(report)
    } catch (error) {
      if (signal.aborted) return failed('interrupted')
      return failed(silence.aborted ? silent : firstLine(error))
    }
  }

  async #started(name: string): Promise<RunningRuntime | UnavailableReport> {
    const running = this.#running.get(name)
    if (running !== undefined) return running
    const runtime = this.#table[name]!
    const found = await runtime.find()
    if (!found.ok) return { status: 'unavailable', reason: found.reason, hint: found.hint }
    const started = await runtime.start(found.path)
    this.#running.set(name, started)
    return started
  }

  /** Ends all runtimes that were started. */
  async close(): Promise<void> {
    for (const running of this.#running.values()) await running.close()
    this.#running.clear()
  }
}

function firstLine(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
  return printable(line!, MAX_TEXT)
}
