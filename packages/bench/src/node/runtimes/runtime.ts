import type { Backend } from '@mnist-lab/backends'
import type { FoundProgram } from '@mnist-lab/core/node'
import type { RunCell } from '../../measure/cell-report.js'

/** A JavaScript runtime that cells can run in. */
export interface Runtime {
  /** Says in one sentence what the runtime is. */
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
  /**
   * Returns the version of the program that `find` found.
   *
   * @default the first line that the program prints with `--version`
   */
  readonly version?: (path: string) => Promise<string>
  /**
   * Whether a step takes so long that fewer steps and processes are measured.
   *
   * @default false
   */
  readonly slow?: boolean
}

/** The program of a runtime, or why there is none and how to get it. */
export type FoundRuntime = FoundProgram

/** A runtime that runs cells, each in a fresh process or context, until it is closed. */
export interface RunningRuntime {
  readonly run: RunCell
  readonly close: () => Promise<void>
}
