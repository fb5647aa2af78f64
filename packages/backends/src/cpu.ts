import type { Profiler } from './profiler.js'
import type { Backend } from './seam.js'

export interface CpuOptions {
  /**
   * `training`: those of `@mnist-lab/kernels/tfjs-cpu`, many times faster. `stock`: upstream's, with one method mended, as the
   * backend `cpu-stock`: an independent reference for parity. A process can have one of the two open at a time.
   * @default 'training'
   */
  readonly kernels?: 'training' | 'stock'
  /** Told where training steps go, kernel by kernel; no other session of this engine may be open then. @default none */
  readonly profiler?: Profiler
}

/** TensorFlow.js in pure JavaScript: works everywhere. */
export function cpu({ kernels = 'training', profiler }: CpuOptions = {}): Backend {
  const name = kernels === 'training' ? 'cpu' : 'cpu-stock'
  return {
    name,
    async probe() {
      return { ok: true, detail: `pure JavaScript, ${kernels} kernels, runs everywhere` }
    },
    async open() {
      const { openCpu } = await import('./tfjs/open-cpu.js')
      return openCpu(name, kernels, profiler)
    },
  }
}
