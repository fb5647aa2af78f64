import { processMemoryBytes } from '@mnist-lab/core/node'
import { availableParallelism } from 'node:os'
import { type Backend, BackendError, checkThreads, type Session } from '../interface.js'
import type { Profiler } from '../profiler.js'
import {
  findInstallation,
  type Installation,
  installationFolder,
  TFJS_NODE_VERSION,
} from './installation.js'
import type { LoadedNative } from './load-native.js'

/** Options of the {@link node} backend. */
export interface NodeOptions {
  /**
   * Sets how many threads the kernels use. The first session of a process sets the number.
   *
   * @default as many as there are cores
   */
  readonly threads?: number
  /** Names the folder in which native TensorFlow was set up. @default the user's cache */
  readonly folder?: string
  /**
   * Records the time of every kernel. No other session of this engine may be open then.
   *
   * @default none
   */
  readonly profiler?: Profiler
}

/** Tells a user how to get native TensorFlow. */
const HINT = 'run `pnpm setup:native` (`mnist setup-native`)'

/**
 * Creates the backend of native TensorFlow, through the addon of tfjs-node. It has to be set up
 * once on each machine. Opening it loads libraries that stay in the process, so measure it in a
 * process of its own.
 *
 * @throws BackendError for a wrong number of threads
 */
export function node(options: NodeOptions = {}): Backend {
  checkThreads('node', options.threads)
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
      try {
        return await openNode(folder, found.installation, options)
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

/** The engine's name within TensorFlow.js, which its kernels are registered under. */
const ENGINE = 'tensorflow'

async function openNode(
  folder: string,
  installation: Installation,
  { threads, profiler }: NodeOptions,
): Promise<Session> {
  const [tf, { loadNative }, { explicitPaddingConfigs }, { replaceKernels }, { openTfjs }] =
    await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('./load-native.js'),
      import('./explicit-padding.js'),
      import('../tfjs/kernels.js'),
      import('../tfjs/session.js'),
    ])
  // TensorFlow is loaded once in a process, and later sessions use the same instance.
  const load = () => loadNative(folder, installation, threads ?? availableParallelism())
  let restoreKernels = () => {}
  return openTfjs(
    {
      name: ENGINE,
      backend: 'node',
      maxBytes: processMemoryBytes(),
      async load() {
        const { create } = load()
        if (tf.findBackendFactory(ENGINE) === null) tf.registerBackend(ENGINE, create)
        restoreKernels = replaceKernels(explicitPaddingConfigs(ENGINE))
      },
      unload: () => restoreKernels(),
      async describe() {
        const native = load()
        return {
          versions: {
            '@tensorflow/tfjs-core': tf.version_core,
            '@tensorflow/tfjs-node': TFJS_NODE_VERSION,
            tensorflow: native.tensorflow,
          },
          device: 'native TensorFlow',
          simd: 'native',
          threads: native.threads,
          notes: notesOf(native, threads),
        }
      },
    },
    profiler,
  )
}

function notesOf({ threads: running, counted }: LoadedNative, asked: number | undefined): string[] {
  return [
    ...(asked === undefined || asked === running
      ? []
      : [
          `asked for ${asked} threads, runs ${running}: the first session of a process sets their number`,
        ]),
    ...(counted
      ? []
      : ['the number of threads is the one asked for: this system does not tell how many run']),
  ]
}
