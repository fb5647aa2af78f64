import { BackendError } from '../backend-error.js'
import type { Profiler } from '../profiler.js'
import type { Backend } from '../seam.js'
import { findInstallation, installationFolder } from './installation.js'

export interface NodeOptions {
  /** Of its kernels; the first session of a process sets their number. @default as many as there are cores */
  readonly threads?: number
  /** Where native TensorFlow was set up. @default the user's cache */
  readonly folder?: string
  /** Told where training steps go, kernel by kernel; no other session of this engine may be open then. @default none */
  readonly profiler?: Profiler
}

/** How a user gets it. */
const HINT = 'run `pnpm setup:native` (`mnist setup-native`)'

/**
 * Native TensorFlow through the addon of tfjs-node. It has to be set up once for each machine; opening it loads libraries
 * that stay in the process, so measure it in a process of its own.
 */
export function node(options: NodeOptions = {}): Backend {
  const folder = options.folder ?? installationFolder()
  return {
    name: 'node',
    async probe() {
      const found = findInstallation(folder)
      return found.ok
        ? {
            ok: true,
            detail: `TensorFlow ${found.installation.tensorflow} (${found.installation.source})`,
          }
        : { ok: false, reason: found.reason, hint: HINT }
    },
    async open() {
      const found = findInstallation(folder)
      if (!found.ok)
        throw new BackendError({ where: 'backend node', what: found.reason, hint: HINT })
      const { openNode } = await import('./open-node.js')
      try {
        return await openNode(folder, found.installation, options.threads, options.profiler)
      } catch (cause) {
        if (cause instanceof BackendError) throw cause
        throw new BackendError({
          where: 'backend node',
          what: `native TensorFlow in ${folder} does not load (${String(cause)})`,
          hint: HINT,
          cause,
        })
      }
    },
  }
}
