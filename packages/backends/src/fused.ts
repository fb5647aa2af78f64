import type { Build } from '@mnist-lab/kernels'
import type { Convolutions } from './fused/passes/choose-kernels.js'
import type { SpawnThread } from './fused/threads.js'
import type { Profiler } from './profiler.js'
import { type Backend, checkThreads } from './interface.js'

export type { Convolutions } from './fused/passes/choose-kernels.js'
export {
  type CommandCount,
  type DescribedBuffer,
  type DescribedOperation,
  type DescribeOptions,
  describeProgram,
  type ProgramDescription,
  renderProgram,
} from './fused/describe.js'
export type { SpawnThread, ThreadHandle } from './fused/threads.js'

/** Options of the {@link fused} backend. */
export interface FusedOptions {
  /**
   * The largest number of threads, including the calling thread, at most `MAX_THREADS`. The number
   * does not change any result. If threads are not available, one thread runs and `info.notes` says
   * why.
   * @default 1
   */
  readonly threads?: number
  /**
   * Selects the build of the kernels. `relaxed` multiplies and adds in one instruction, so its
   * results differ from those of `simd128` in the last bits.
   * @default the fastest build that the JavaScript engine supports
   */
  readonly build?: Build
  /**
   * Selects how convolutions are computed. `direct` sums all products. `winograd` computes
   * convolutions with 5 × 5 filters with a sixth of the multiplications, and its rounding errors
   * are about five times as large. Relu and max pooling can switch on a difference in the last
   * bits, so the forward pass of a convolution before them always sums all products.
   * @default 'winograd'
   */
  readonly convolutions?: Convolutions
  /**
   * Gives kernels that are already compiled, for environments that do not compile WebAssembly from
   * bytes. @mnist-lab/kernels exports them as `@mnist-lab/kernels/simd128.wasm`, `/relaxed.wasm`
   * and `/scalar.wasm`. They run on one thread.
   * @default the kernels of @mnist-lab/kernels, compiled when the backend is opened
   */
  readonly module?: WebAssembly.Module
  /**
   * Starts a thread.
   * @default a Web Worker, if the page is crossOriginIsolated; `fused` of
   * @mnist-lab/backends/node starts worker threads of Node.js
   */
  readonly spawn?: SpawnThread
  /**
   * Records how long each kernel of a training step takes. The engine then runs on one thread.
   *
   * @default none
   */
  readonly profiler?: Profiler
}

/**
 * Creates the backend of this project's own engine. It compiles a ModelSpec into a program of
 * WebAssembly kernels whose memory is laid out once. It does not use TensorFlow.js.
 *
 * @throws BackendError for a wrong number of threads
 */
export function fused({
  threads = 1,
  build,
  convolutions = 'winograd',
  module,
  spawn,
  profiler,
}: FusedOptions = {}): Backend {
  checkThreads('fused', threads)
  return {
    name: 'fused',
    async probe() {
      const { findBuild } = await import('./fused/find-build.js')
      const found = findBuild({ module, build })
      if ('reason' in found) return found
      return {
        ok: true,
        detail: found.build === 'scalar' ? 'WebAssembly without SIMD' : 'WebAssembly SIMD',
      }
    },
    async open() {
      const [{ openFused }, { webThreads }] = await Promise.all([
        import('./fused/session.js'),
        import('./fused/spawn-web-thread.js'),
      ])
      return openFused({
        module,
        build,
        convolutions,
        threads,
        spawn: spawn ?? webThreads(),
        profiler,
      })
    },
  }
}
