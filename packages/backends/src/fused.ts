import type { Build } from '@mnist-lab/kernels'
import type { Convolutions } from './fused/passes/choose-kernels.js'
import type { SpawnThread } from './fused/threads.js'
import type { Profiler } from './profiler.js'
import type { Backend, Probe } from './interface.js'

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

export interface FusedOptions {
  /**
   * The most threads, the calling one among them. Their number changes no bit of any result. Where
   * they cannot be had, fewer run and `info.notes` says why.
   * @default 1
   */
  readonly threads?: number
  /**
   * Which build of the kernels runs. `relaxed` multiplies and adds in one instruction, so its
   * results differ from those of `simd128` in the last bits.
   * @default the fastest that the JavaScript engine takes
   */
  readonly build?: Build
  /**
   * How convolutions are computed. `direct` sums the products as they are. `winograd` computes
   * convolutions with 5 × 5 taps with a sixth of the multiplications; its rounding errors are some
   * five times as large. Before relu or max pooling, which decide by the last bits, it sums the
   * forward pass as it is.
   * @default 'winograd'
   */
  readonly convolutions?: Convolutions
  /**
   * Kernels that are compiled already, for environments that do not compile WebAssembly from bytes;
   * see `kernelBytes` in @mnist-lab/kernels. They run on one thread.
   * @default those of @mnist-lab/kernels, compiled when the backend is opened
   */
  readonly module?: WebAssembly.Module
  /**
   * How to start a thread.
   * @default Web Workers, where the page is crossOriginIsolated; `fused` of
   * @mnist-lab/backends/node brings Node.js's
   */
  readonly spawn?: SpawnThread
  /**
   * Is told how long each kernel of a training step takes. The engine then runs on one thread.
   *
   * @default none, and steps run at full speed
   */
  readonly profiler?: Profiler
}

/**
 * Returns the engine of this project: a training step of any ModelSpec on WebAssembly kernels, in
 * memory that is laid out once. It does not use TensorFlow.js.
 */
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
      if (typeof WebAssembly !== 'object')
        return {
          ok: false,
          reason: 'this JavaScript engine has no WebAssembly',
          hint: 'use the cpu backend',
        }
      const { bestBuild } = await import('@mnist-lab/kernels')
      return (
        (module === undefined ? await refuseToCompile() : undefined) ??
        refuseMemory() ?? {
          ok: true,
          detail: bestBuild() === 'scalar' ? 'WebAssembly without SIMD' : 'WebAssembly SIMD',
        }
      )
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

/** An empty module: where it does not compile, nothing does. */
const EMPTY = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

async function refuseToCompile(): Promise<Probe | undefined> {
  try {
    await WebAssembly.compile(EMPTY)
    return undefined
  } catch (error) {
    return {
      ok: false,
      reason: `WebAssembly may not be compiled here (${String(error)})`,
      hint: "allow 'wasm-unsafe-eval' in the page’s Content-Security-Policy, hand in a compiled module, or use the cpu backend",
    }
  }
}

function refuseMemory(): Probe | undefined {
  try {
    void new WebAssembly.Memory({ initial: 1, maximum: 1 })
    return undefined
  } catch (error) {
    return {
      ok: false,
      reason: `no memory for WebAssembly can be had (${String(error)})`,
      hint: 'raise the limit on the address space of the process (ulimit -v), or use the cpu backend',
    }
  }
}
