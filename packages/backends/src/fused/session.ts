import {
  BLOCK_SAMPLES,
  type Build,
  compileKernels,
  instantiateKernels,
  type Kernels,
  VERSION,
} from '@mnist-lab/kernels'
import type { ModelSpec, Weights } from '@mnist-lab/models'
import type { Profiler } from '../profiler.js'
import {
  BackendError,
  type MemoryUse,
  type Session,
  type SessionInfo,
  type Trainer,
  type TrainingPlan,
} from '../interface.js'
import { checkTrainable, closedError, startState } from '../trainer-parts.js'
import { ADDRESS_SPACE_HINT, refusalError } from '../web-assembly.js'
import { findBuild } from './find-build.js'
import type { Convolutions } from './passes/choose-kernels.js'
import { profiledRun } from './profiled-run.js'
import { compileProgram } from './program.js'
import { sharedRunner } from './shared-runner.js'
import { type Helpers, type SpawnThread, ThreadPool } from './threads.js'
import { FusedTrainer, type PassRunner } from './trainer.js'

/** The bytes of a page of WebAssembly memory. */
const PAGE = 65_536
/** The most pages that WebAssembly has with 32-bit addresses. */
const MAX_PAGES = 65_536

/** The options of {@link openFused}; see `FusedOptions`. */
export interface OpenOptions {
  readonly module: WebAssembly.Module | undefined
  readonly build: Build | undefined
  readonly convolutions: Convolutions
  readonly threads: number
  readonly spawn: SpawnThread | undefined
  readonly profiler: Profiler | undefined
}

/**
 * Opens the engine. If more than one thread was asked for and threads are not available, one thread
 * runs and `info.notes` says why.
 *
 * @throws BackendError when WebAssembly cannot be used, or the kernels do not compile
 */
export async function openFused(options: OpenOptions): Promise<Session> {
  const { module, convolutions, profiler } = options
  const found = findBuild(options)
  if ('reason' in found) throw refusalError('fused', found)
  const { build } = found
  const { pool, refusal } = await openPool(options, build)
  try {
    const kernels = pool?.module ?? module ?? (await compile(build, false))
    const info: SessionInfo = {
      backend: 'fused',
      versions: { '@mnist-lab/kernels': VERSION },
      device: 'WebAssembly',
      simd: build,
      threads: pool === undefined ? 1 : options.threads,
      notes: refusal === undefined ? [] : [`one thread instead of ${options.threads}: ${refusal}`],
    }
    return new FusedSession({
      maxBytes: MAX_PAGES * PAGE,
      instantiate: async (bytes) => {
        const memory = createMemory(bytes / PAGE, pool !== undefined)
        return {
          memory,
          kernels: await instantiateKernels(memory, kernels),
          helpers: await pool?.pool.add(memory),
        }
      },
      block: BLOCK_SAMPLES[build],
      convolutions,
      pool: pool?.pool,
      profiler,
      info,
    })
  } catch (error) {
    await pool?.pool.close()
    throw error
  }
}

/** The helper threads with the module whose memory they share, or the reason why there are none. */
interface OpenedPool {
  readonly pool?: { readonly pool: ThreadPool; readonly module: WebAssembly.Module }
  readonly refusal?: string
}

async function openPool(
  { module, threads, spawn, profiler }: OpenOptions,
  build: Build,
): Promise<OpenedPool> {
  if (threads === 1) return {}
  if (profiler !== undefined) return { refusal: 'a profiler times the kernels one after the other' }
  if (module !== undefined)
    return { refusal: 'the memory of a module that was passed in is not shared' }
  if (build === 'scalar') return { refusal: 'the build without WebAssembly SIMD has no threads' }
  if (spawn === undefined || typeof SharedArrayBuffer !== 'function')
    return {
      refusal:
        'this environment has no shared memory or no workers (a page must be crossOriginIsolated)',
    }
  try {
    const shared = await compile(build, true)
    return { pool: { pool: await ThreadPool.open(threads, shared, spawn), module: shared } }
  } catch (error) {
    if (error instanceof BackendError) return { refusal: error.details.what ?? error.message }
    throw error
  }
}

async function compile(build: Build, shared: boolean): Promise<WebAssembly.Module> {
  try {
    return await compileKernels(build, shared)
  } catch (cause) {
    throw new BackendError({
      where: 'backend fused',
      what: `its kernels do not compile (${String(cause)})`,
      hint: 'use another build of its kernels, or the wasm or the fused-js backend',
      cause,
    })
  }
}

function createMemory(pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (cause) {
    throw new BackendError({
      where: 'backend fused',
      what: `${pages * PAGE} bytes of memory are not available (${String(cause)})`,
      hint: `use smaller batches; if the machine has the memory, ${ADDRESS_SPACE_HINT}`,
      cause,
    })
  }
}

/** The memory of a program, the kernels on it, and the helper threads that share it. */
interface Instance {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly kernels: Kernels
  readonly helpers?: Helpers | undefined
}

/** Everything that a {@link FusedSession} is created from. */
export interface SessionParts {
  /** The most bytes of a memory. */
  readonly maxBytes: number
  /**
   * Creates a memory of so many bytes, which are whole pages of WebAssembly, and the kernels on it.
   *
   * @throws BackendError when the memory is not available
   */
  readonly instantiate: (bytes: number) => Promise<Instance>
  readonly block: number
  readonly convolutions: Convolutions
  readonly pool: ThreadPool | undefined
  readonly profiler: Profiler | undefined
  readonly info: SessionInfo
}

/** A session of the fused engine, wherever its kernels come from. */
export class FusedSession implements Session {
  readonly info: SessionInfo
  readonly #parts: SessionParts
  /** The open trainers, each with the bytes of its memory. */
  readonly #trainers = new Map<Trainer, number>()
  #closed = false

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.info = parts.info
  }

  async compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer> {
    if (this.#closed) throw closedError(this.info.backend)
    checkTrainable(spec, weights)
    const { maxBytes, instantiate, block, convolutions, profiler } = this.#parts
    const { threads } = this.info
    const program = compileProgram(spec, plan, { block, threads, convolutions })
    const bytes = Math.ceil(program.bytes / PAGE) * PAGE
    if (bytes > maxBytes) {
      throw new BackendError({
        where: `model ${spec.name}, batch ${plan.batchSize}`,
        expected: `at most ${maxBytes} bytes`,
        got: String(program.bytes),
        hint: 'use smaller batches',
      })
    }
    const { memory, kernels, helpers } = await instantiate(bytes)
    const trainer: Trainer = new FusedTrainer({
      spec,
      plan,
      program,
      memory,
      threads,
      runner: passRunner(memory, kernels, helpers, profiler),
      onDispose: () => {
        if (this.#trainers.delete(trainer)) helpers?.remove()
      },
    })
    await trainer.load(startState(weights))
    this.#trainers.set(trainer, bytes)
    return trainer
  }

  memory(): MemoryUse {
    const bytes = [...this.#trainers.values()].reduce((sum, size) => sum + size, 0)
    return { reservedBytes: bytes, tensorBytes: bytes, tensors: this.#trainers.size }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const trainer of this.#trainers.keys()) trainer.dispose()
    await this.#parts.pool?.close()
  }
}

/** Returns what runs the passes: profiled, on one thread, or with helper threads. */
function passRunner(
  memory: Instance['memory'],
  kernels: Kernels,
  helpers: Helpers | undefined,
  profiler: Profiler | undefined,
): PassRunner {
  if (profiler !== undefined)
    return { check: () => undefined, run: profiledRun(memory, kernels, profiler) }
  return helpers === undefined
    ? { check: () => undefined, run: (header) => void kernels.run(header, 0) }
    : sharedRunner(memory, kernels, helpers)
}
