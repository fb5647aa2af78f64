import {
  bestBuild,
  type Build,
  compileKernels,
  HEADER,
  instantiateKernels,
  type Kernels,
} from '@mnist-lab/kernels'
import type { ModelSpec, Weights } from '@mnist-lab/models'
import {
  BackendError,
  type MemoryUse,
  type Session,
  type SessionInfo,
  type Trainer,
  type TrainingPlan,
} from '../interface.js'
import type { Profiler } from '../profiler.js'
import { checkTrainable, startState } from '../trainer-parts.js'
import type { Convolutions } from './layers.js'
import { planProgram } from './program.js'
import { profiledRun } from './profiled-run.js'
import { type Crew, openThreads, type SpawnThread, type Threads } from './threads.js'
import { FusedTrainer, type RunPass } from './trainer.js'

const PAGE = 65_536
/** WebAssembly's, with 32-bit addresses. */
const MOST_PAGES = 65_536

export interface OpenOptions {
  readonly module: WebAssembly.Module | undefined
  readonly build: Build | undefined
  readonly convolutions: Convolutions
  readonly threads: number
  readonly spawn: SpawnThread | undefined
  readonly profiler: Profiler | undefined
}

export async function openFused({
  module,
  build,
  convolutions,
  threads: asked,
  spawn,
  profiler,
}: OpenOptions): Promise<Session> {
  const chosen = build ?? bestBuild() ?? 'scalar'
  const refusal = asked === 1 ? undefined : refuseThreads(module, chosen, spawn, profiler)
  const notes = refusal === undefined ? [] : [`one thread instead of ${asked}: ${refusal}`]
  const shared = asked > 1 && refusal === undefined
  const kernels = module ?? (await compileKernels(chosen, shared))
  const threads = shared ? await openThreads(asked, kernels, spawn!) : undefined
  const { build: running, block } = await instantiateKernels(createMemory(1, shared), kernels)
  return new FusedSession(kernels, block, convolutions, threads, profiler, {
    backend: 'fused',
    versions: { '@mnist-lab/kernels': '0.1.0' },
    device: 'WebAssembly',
    simd: running,
    threads: shared ? asked : 1,
    notes,
  })
}

function refuseThreads(
  module: WebAssembly.Module | undefined,
  build: Build,
  spawn: SpawnThread | undefined,
  profiler: Profiler | undefined,
): string | undefined {
  if (profiler !== undefined) return 'a profile times the kernels one after the other'
  if (module !== undefined) return 'a module that was handed in has a memory of its own'
  if (build === 'scalar')
    return 'this JavaScript engine has no WebAssembly SIMD, and the build without it has no threads'
  if (spawn === undefined)
    return 'this environment has no shared memory, or no workers (a page must be crossOriginIsolated)'
  return undefined
}

function createMemory(pages: number, shared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
}

class FusedSession implements Session {
  readonly info: SessionInfo
  readonly #module: WebAssembly.Module
  readonly #block: number
  readonly #convolutions: Convolutions
  readonly #threads: Threads | undefined
  readonly #profiler: Profiler | undefined
  readonly #trainers = new Map<Trainer, number>()
  #closed = false

  constructor(
    module: WebAssembly.Module,
    block: number,
    convolutions: Convolutions,
    threads: Threads | undefined,
    profiler: Profiler | undefined,
    info: SessionInfo,
  ) {
    this.#module = module
    this.#block = block
    this.#convolutions = convolutions
    this.#threads = threads
    this.#profiler = profiler
    this.info = info
  }

  async compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer> {
    if (this.#closed) throw new Error('backend fused: compile after close')
    checkTrainable(spec, weights)
    const program = planProgram(spec, plan, {
      block: this.#block,
      threads: this.info.threads,
      convolutions: this.#convolutions,
    })
    const pages = Math.ceil(program.bytes / PAGE)
    if (pages > MOST_PAGES) {
      throw new BackendError({
        where: `model ${spec.name}, batch ${plan.batchSize}`,
        expected: `at most ${MOST_PAGES * PAGE} bytes`,
        got: String(program.bytes),
        hint: 'use smaller batches',
      })
    }
    const memory = createMemory(pages, this.#threads !== undefined)
    const kernels = await instantiateKernels(memory, this.#module)
    const crew = await this.#threads?.add(memory)
    const run = passRunner(memory, kernels, crew, this.#profiler)
    const trainer = new FusedTrainer(spec, plan, program, memory, this.info.threads, run, () => {
      if (this.#trainers.delete(trainer)) crew?.remove()
    })
    await trainer.load(startState(weights))
    this.#trainers.set(trainer, pages * PAGE)
    return trainer
  }

  memory(): MemoryUse {
    const bytes = [...this.#trainers.values()].reduce((sum, size) => sum + size, 0)
    return { reservedBytes: bytes, tensorBytes: bytes, tensors: this.#trainers.size }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const trainer of this.#trainers.keys()) trainer.dispose()
    await this.#threads?.close()
  }
}

function passRunner(
  memory: WebAssembly.Memory,
  kernels: Kernels,
  crew: Crew | undefined,
  profiler: Profiler | undefined,
): RunPass {
  if (profiler !== undefined) return profiledRun(memory, kernels, profiler)
  if (crew === undefined) return (header) => kernels.run(header, 0)
  const words = new Int32Array(memory.buffer)
  return (header) => {
    // A single block is through before another thread is awake.
    if (words[header / 4 + HEADER.blocks]! > 1) crew.start(header)
    kernels.run(header, crew.mayWait ? 1 : 0)
  }
}
