import type { ModelSpec } from '@mnist-lab/models'
import type { TrainingPlan } from '../interface.js'
import type { Blocks } from './memory.js'
import { chooseKernels, type Convolutions } from './passes/choose-kernels.js'
import { emit, type Emitted } from './passes/emit.js'
import { fuse } from './passes/fuse.js'
import { lower } from './passes/lower.js'
import { type MemoryPlan, planMemory } from './passes/plan-memory.js'

/** What runs a program. */
export interface Engine {
  /** Samples in a block, of the kernels’ build. */
  readonly block: number
  readonly threads: number
  readonly convolutions: Convolutions
}

/** Everything that a training step does, and where: planned once, for the largest batch. */
export interface Program {
  readonly plan: MemoryPlan
  readonly commands: Emitted
  /** Bytes of memory that it needs. */
  readonly bytes: number
}

/**
 * Compiles a model: lower → fuse → choose kernels → plan memory → emit.
 *
 * @throws ModelError naming the first layer that does not fit
 */
export function compileProgram(
  spec: ModelSpec,
  { batchSize, loss, seed }: Pick<TrainingPlan, 'batchSize' | 'loss' | 'seed'>,
  { block, threads, convolutions }: Engine,
): Program {
  const blocks: Blocks = { size: block, count: Math.ceil(batchSize / block), threads }
  const graph = chooseKernels(fuse(lower(spec)), { convolutions })
  const plan = planMemory(graph, blocks)
  const commands = emit(plan, { loss, seed })
  return { plan, commands, bytes: plan.memory.bytes }
}
