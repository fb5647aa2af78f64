import type { Backend } from '@mnist-lab/backends'
import type { RunCell } from '../../measure/cell-report.js'

/** A JavaScript runtime that cells can run in. */
export interface Runtime {
  /** What the runtime is, in one sentence. */
  readonly description: string
  /** The backends that `--backend=all` stands for in this runtime. */
  readonly backendNames: readonly string[]
  /**
   * Creates one of its backends, as the runtime's own process or page would.
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
   * @param onProgress takes a line about work that comes before a measurement
   */
  readonly start: (path: string, onProgress: (text: string) => void) => Promise<RunningRuntime>
}

/** The program of a runtime, or why there is none and how to get it. */
export type FoundRuntime =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

/** A runtime that runs cells, each in a fresh process or context, until it is closed. */
export interface RunningRuntime {
  readonly run: RunCell
  readonly close: () => Promise<void>
}
