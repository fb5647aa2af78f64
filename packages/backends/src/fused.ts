import type { Build } from '@mnist-lab/kernels'
import type { Convolutions } from './fused/layers.js'
import type { SpawnThread } from './fused/threads.js'
import { type Backend, BackendError } from './interface.js'
import type { Profiler } from './profiler.js'

export type { Convolutions } from './fused/layers.js'
export type { SpawnThread, ThreadHandle } from './fused/threads.js'

export interface FusedOptions {
  /**
   * The most threads, the calling one among them. Their number changes no bit of any result.
   * @default 1
   */
  readonly threads?: number
  /**
   * Of the kernels: `relaxed` multiplies and adds at once, so its results differ in the last bits from those of `simd128`.
   * @default the fastest that the JavaScript engine takes
   */
  readonly build?: Build
  /**
   * `direct` sums every convolution's products as they are; `winograd` computes those with 5 × 5 taps by a sixth of the multiplications,
   * whose roundings are some five times as large, except the forward pass of those before relu or max pooling.
   * @default 'winograd'
   */
  readonly convolutions?: Convolutions
  /**
   * The kernels, compiled already, for environments that do not compile WebAssembly from bytes; see `kernelBytes` in
   * @mnist-lab/kernels. They run on one thread.
   * @default those of @mnist-lab/kernels, compiled when the backend is opened
   */
  readonly module?: WebAssembly.Module
  /**
   * How to start a thread.
   * @default Web Workers, where the page is crossOriginIsolated; `fused` of @mnist-lab/backends/node brings Node.js's
   */
  readonly spawn?: SpawnThread
  /** Told where training steps go, kernel by kernel; on one thread then. @default none, and steps run at full speed */
  readonly profiler?: Profiler
}

/** Our own engine: a training step of any ModelSpec on WebAssembly kernels, in memory that is laid out once. No TensorFlow.js. */
export function fused({
  threads = 1,
  build,
  convolutions = 'winograd',
  module,
  spawn,
  profiler,
}: FusedOptions = {}): Backend {
  return {
    name: 'fused',
    async probe() {
      const { bestBuild } = await import('@mnist-lab/kernels')
      const best = bestBuild()
      if (best !== undefined)
        return {
          ok: true,
          detail: best === 'scalar' ? 'WebAssembly without SIMD' : 'WebAssembly SIMD',
        }
      return {
        ok: false,
        reason: 'this JavaScript engine has no WebAssembly',
        hint: 'use the cpu backend',
      }
    },
    async open() {
      const [{ openFused }, { webThreads }] = await Promise.all([
        import('./fused/session.js'),
        import('./fused/spawn-web-thread.js'),
      ])
      try {
        return await openFused({
          module,
          build,
          convolutions,
          threads,
          spawn: spawn ?? webThreads(),
          profiler,
        })
      } catch (cause) {
        throw new BackendError({
          where: 'backend fused',
          what: `its kernels do not compile (${String(cause)})`,
          hint: 'use the wasm or the cpu backend',
          cause,
        })
      }
    },
  }
}
