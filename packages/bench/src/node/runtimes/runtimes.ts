import { printable } from '@mnist-lab/core'
import type { CellRequest, RunCell, UnavailableReport } from '../../measure/cell-report.js'
import { checkedReport } from '../../measure/report-schema.js'
import { withStartUp } from '../../measure/start-up.js'
import { splitRuntime } from '../../protocol/engine-name.js'
import { secondsForCell } from '../../protocol/limits.js'
import { MAX_TEXT } from '../../protocol/text-schema.js'
import type { Runtime, RunningRuntime } from './runtime.js'
import { runtimeOf } from './table.js'

/** Options of {@link Runtimes}. */
export interface RuntimesOptions {
  /** Returns the seconds after which a cell is given up. */
  readonly timeLimit?: (request: CellRequest) => number
  /** Takes lines about work that comes before a measurement. */
  readonly onProgress?: (text: string) => void
  /** Returns the runtime of a name, which tests replace. */
  readonly runtimeOf?: (name: string) => Pick<Runtime, 'find' | 'start'> | undefined
}

/**
 * Runs cells in the runtimes that their names ask for. Each runtime is started for its first cell
 * and closed at the end. What comes back is checked, and a process or page that is silent for too
 * long is ended.
 */
export class Runtimes {
  readonly #running = new Map<string, RunningRuntime>()
  readonly #timeLimit: (request: CellRequest) => number
  readonly #onProgress: (text: string) => void
  readonly #runtimeOf: NonNullable<RuntimesOptions['runtimeOf']>

  constructor({
    timeLimit = (request) => secondsForCell(request),
    onProgress = () => {},
    runtimeOf: find = runtimeOf,
  }: RuntimesOptions = {}) {
    this.#timeLimit = timeLimit
    this.#onProgress = onProgress
    this.#runtimeOf = find
  }

  readonly run: RunCell = async (request, signal) => {
    const seconds = this.#timeLimit(request)
    const silence = AbortSignal.timeout(seconds * 1000)
    const failed = (reason: string) => ({ status: 'failed', reason }) as const
    const silent = `it did not answer within ${seconds} s; see --timeout`
    try {
      const running = await this.#started(splitRuntime(request.backend).runtime)
      if ('status' in running) return running
      const begin = Date.now()
      const report = await running.run(request, AbortSignal.any([signal, silence]))
      if (silence.aborted && report.status === 'failed') return failed(silent)
      const checked = checkedReport(report)
      return checked.status === 'ok' ? withStartUp(checked, begin) : checked
    } catch (error) {
      if (signal.aborted) return failed('interrupted')
      return failed(silence.aborted ? silent : firstLine(error))
    }
  }

  async #started(name: string): Promise<RunningRuntime | UnavailableReport> {
    const running = this.#running.get(name)
    if (running !== undefined) return running
    const runtime = this.#runtimeOf(name)!
    const found = await runtime.find()
    if (!found.ok) return { status: 'unavailable', reason: found.reason, hint: found.hint }
    const started = await runtime.start(found.path, this.#onProgress)
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
