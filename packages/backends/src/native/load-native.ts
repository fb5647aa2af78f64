import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { KernelBackend } from '@tensorflow/tfjs-core'
import type { Installation } from './installation.js'

/**
 * The symbol under which the stand-in for `@tensorflow/tfjs`, which the set-up writes, finds this
 * package's copy of tfjs-core.
 */
export const CORE_SYMBOL = 'mnist-lab.tfjs-core'

/** tfjs-node, loaded into this process. It cannot be unloaded. */
export interface LoadedNative {
  readonly create: () => KernelBackend
  readonly tensorflow: string
  /**
   * The number of threads of its kernels, counted if the system allows it, or else as asked for.
   */
  readonly threads: number
  /** Whether `threads` was counted. */
  readonly counted: boolean
}

interface Binding {
  readonly TF_Version: string
}

let loaded: LoadedNative | undefined

/**
 * Loads TensorFlow and tfjs-node's kernels, once in a process. The kernels register themselves, and
 * the number of threads is the one that the first call asks for.
 *
 * tfjs-node's own entry is not used, because it needs all of `@tensorflow/tfjs`, a second copy of
 * tfjs-core and a package that looks for the addon, and because it prints.
 */
export function loadNative(
  folder: string,
  installation: Installation,
  threads: number,
): LoadedNative {
  loaded ??= load(folder, installation, threads)
  return loaded
}

function load(
  folder: string,
  { binding, muteStderr, kernels }: Installation,
  threads: number,
): LoadedNative {
  // TensorFlow reads these variables once, while it is loaded.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3'
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads)
  const require = createRequire(join(folder, 'index.js'))
  const mute =
    muteStderr === undefined
      ? undefined
      : (require(resolve(folder, muteStderr)) as { mute(): void; unmute(): void })
  const before = countThreads()
  mute?.mute()
  let addon: Binding
  try {
    addon = require(resolve(folder, binding)) as Binding
  } finally {
    mute?.unmute()
  }
  const after = countThreads()
  const { NodeJSKernelBackend } = withCore(() => {
    supplyRemovedUtil()
    require(resolve(folder, kernels, 'dist/register_all_kernels.js'))
    return require(resolve(folder, kernels, 'dist/nodejs_kernel_backend.js')) as {
      NodeJSKernelBackend: new (binding: Binding, packageName: string) => KernelBackend
    }
  })
  const counted = before !== undefined && after !== undefined && after > before
  return {
    create: () => new NodeJSKernelBackend(addon, '@tensorflow/tfjs-node'),
    tensorflow: addon.TF_Version,
    threads: counted ? after - before : threads,
    counted,
  }
}

/**
 * Runs `work` so that tfjs-node registers with the tfjs-core that everything else here uses, not
 * with a copy of its own.
 */
function withCore<Result>(work: () => Result): Result {
  const symbol = Symbol.for(CORE_SYMBOL)
  Object.assign(globalThis, {
    [symbol]: createRequire(import.meta.url)('@tensorflow/tfjs-core') as unknown,
  })
  try {
    return work()
  } finally {
    Reflect.deleteProperty(globalThis, symbol)
  }
}

/** Supplies two functions that tfjs-node calls and that Node.js 23 removed. */
function supplyRemovedUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  util['isArray'] ??= Array.isArray
}

/**
 * Counts the threads of this process, except those that run whole operations (`tf_Compute`).
 * Returns undefined on systems that do not list threads.
 */
function countThreads(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const names = readdirSync('/proc/self/task').map((task) =>
    readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim(),
  )
  return names.filter((name) => name !== 'tf_Compute').length
}
