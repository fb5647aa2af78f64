import type { ModelSpec } from '@mnist-lab/models'
import type { TrainingPlan } from '../interface.js'
import type { Blocks } from './memory.js'
import { chooseKernels, type Convolutions } from './passes/choose-kernels.js'
import { emit, type Emitted } from './passes/emit.js'
import { fuse } from './passes/fuse.js'
import { lower } from './passes/lower.js'
import { type MemoryPlan, planMemory } from './passes/plan-memory.js'

/** Describes the engine that a program is compiled for. */
export interface Engine {
  /** Says how many samples a block has, which depends on the build of the kernels. */
  readonly block: number
  readonly threads: number
  readonly convolutions: Convolutions
}

/** A compiled model: the places in memory and the commands, planned once for the largest batch. */
export interface Program {
  readonly plan: MemoryPlan
  readonly commands: Emitted
  /** Says how many bytes of memory the program needs. */
  readonly bytes: number
}

/**
 * Compiles a model in five passes: lower, fuse, choose kernels, plan memory, emit.
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
