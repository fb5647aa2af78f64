import type { Convolutions } from './fused/passes/choose-kernels.js'
import { type Backend, checkThreads } from './interface.js'
import type { Profiler } from './profiler.js'

/** Options of the {@link fusedJs} backend. */
export interface FusedJsOptions {
  /**
   * The number of threads that `fused` would get. One thread runs, and `info.notes` says so if more
   * were asked for.
   * @default 1
   */
  readonly threads?: number
  /**
   * Selects how convolutions are computed; see `FusedOptions`.
   * @default 'winograd'
   */
  readonly convolutions?: Convolutions
  /**
   * Records how long each kernel of a training step takes.
   *
   * @default none
   */
  readonly profiler?: Profiler
  /**
   * The most bytes that the memory of a training step may take, where the machine has less than the
   * 2 GiB that the kernels can use.
   * @default 2 GiB
   */
  readonly maxBytes?: number
}

/**
 * Creates the backend of this project's own engine in pure JavaScript, for places without
 * WebAssembly: Node.js with `--jitless`, browsers in a lockdown mode, pages whose policy forbids
 * WebAssembly, and small JavaScript engines. It gives the same bits as `fused` in its scalar build.
 *
 * @throws BackendError for a wrong number of threads
 */
export function fusedJs({ threads = 1, ...options }: FusedJsOptions = {}): Backend {
  checkThreads('fused-js', threads)
  return {
    name: 'fused-js',
    async probe() {
      return { ok: true, detail: 'pure JavaScript, runs everywhere' }
    },
    async open() {
      const { openFusedJs } = await import('./fused/javascript-session.js')
      return openFusedJs({ threads, ...options })
    },
  }
}
