import { compileKernels, instantiateKernels } from '@mnist-lab/kernels'
import type { ModelSpec, Weights } from '@mnist-lab/models'
import { BackendError } from '../backend-error.js'
import type { MemoryUse, Session, SessionInfo, Trainer, TrainingPlan } from '../seam.js'
import { checkTrainable, startState } from '../trainer-parts.js'
import { planProgram } from './program.js'
import { FusedTrainer } from './trainer.js'

const PAGE = 65_536
/** WebAssembly's, with 32-bit addresses. */
const MOST_PAGES = 65_536

export async function openFused(module?: WebAssembly.Module): Promise<Session> {
  return new FusedSession(module ?? await compileKernels())
}

class FusedSession implements Session {
  readonly info: SessionInfo = {
    backend: 'fused', versions: { '@mnist-lab/kernels': '0.1.0' }, device: 'WebAssembly', simd: 'simd128', threads: 1, notes: [],
  }
  readonly #module: WebAssembly.Module
  readonly #trainers = new Map<Trainer, number>()
  #closed = false

  constructor(module: WebAssembly.Module) {
    this.#module = module
  }

  async compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer> {
    if (this.#closed) throw new Error('backend fused: compile after close')
    checkTrainable(spec, weights)
    const program = planProgram(spec, plan.batchSize)
    const pages = Math.ceil(program.bytes / PAGE)
    if (pages > MOST_PAGES) {
      throw new BackendError({
        where: `model ${spec.name}, batch ${plan.batchSize}`, expected: `at most ${MOST_PAGES * PAGE} bytes`, got: String(program.bytes),
        mend: 'use smaller batches',
      })
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const kernels = await instantiateKernels(memory, this.#module)
    const trainer = new FusedTrainer(spec, plan, program, kernels, memory, () => this.#trainers.delete(trainer))
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
  }
}
