import type { CellRequest } from '../measure/cell-report.js'

/** What a cell's worker is told. */
export interface CellMessage {
  readonly request: CellRequest
  /** A prefix of the addresses of MNIST's files, and what follows their names. */
  readonly dataUrl: string
  readonly dataSuffix: '' | '.gz'
  /** Where TensorFlow.js's .wasm files are. */
  readonly wasmUrl: string
  /** The name of a cache that has the data already, or will. */
  readonly dataCache?: string
}
