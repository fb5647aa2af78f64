import {
  bestBuild,
  BLOCK_SAMPLES,
  type Build,
  type Command,
  multiplyAdds,
  type OperandScope,
  type OperationName,
  operationOf,
} from '@mnist-lab/kernels'
import type { ModelSpec } from '@mnist-lab/models'
import type { TrainingPlan } from '../interface.js'
import type { BufferRole } from './memory.js'
import type { Convolutions } from './passes/choose-kernels.js'
import type { OperationCommands } from './passes/operation-commands.js'
import { compileProgram } from './program.js'

/** Selects the engine that {@link describeProgram} compiles a model for. */
export interface DescribeOptions {
  /** @default the fastest build that this JavaScript engine supports */
  readonly build?: Build
  /** @default 1 */
  readonly threads?: number
  /** @default 'winograd' */
  readonly convolutions?: Convolutions
}

/** Counts the commands of one kernel operation in a list of commands. */
export interface CommandCount {
  readonly operation: OperationName
  readonly count: number
}

/** Describes what the passes made of one operation of the model. */
export interface DescribedOperation {
  /** The name of its layer, or of two layers that one kernel computes together. */
  readonly layer: string
  readonly type: string
  readonly outputShape: readonly [height: number, width: number, channels: number]
  readonly kernel: string
  /** The reason for choosing this kernel. */
  readonly reason: string
  /** The commands that run for every block of samples in the forward pass. */
  readonly forward: readonly CommandCount[]
  /** The commands that run for every block of samples in the backward pass. */
  readonly backward: readonly CommandCount[]
  /** The commands that run once for each batch, after all blocks. */
  readonly optimizerStep: readonly CommandCount[]
  /** The commands that run once after weights were loaded. */
  readonly onWeightsLoaded: readonly CommandCount[]
  /** Multiply-adds of a training step, counted as direct sums over whole blocks need them. */
  readonly multiplyAdds: number
}

/** Describes one buffer, or a group of equal buffers, in the program's memory. */
export interface DescribedBuffer {
  readonly name: string
  readonly role: BufferRole
  /** Whether there is one for the program, or one for each block, thread or chunk. */
  readonly scope: OperandScope
  readonly count: number
  /** The bytes of the whole group. */
  readonly bytes: number
}

/** Describes what the passes of the fused engine make of a model. */
export interface ProgramDescription {
  readonly model: string
  readonly batchSize: number
  readonly build: Build
  readonly threads: number
  readonly convolutions: Convolutions
  /** Says how many samples a kernel computes at once. */
  readonly samplesPerBlock: number
  readonly blocks: number
  /** The operations in the order of the forward pass. */
  readonly operations: readonly DescribedOperation[]
  /** The buffers in the order of their addresses. */
  readonly buffers: readonly DescribedBuffer[]
  readonly bytesByRole: Readonly<Record<BufferRole, number>>
  /** The bytes of the whole memory. */
  readonly bytes: number
}

/**
 * Compiles a model for the fused engine without running it, and returns what the passes made:
 * operations, kernels and the reasons for them, buffers and their bytes.
 *
 * @throws ModelError naming the first layer that does not fit
 */
export function describeProgram(
  spec: ModelSpec,
  {
    batchSize,
    loss = 'softmaxCrossEntropy',
  }: Pick<TrainingPlan, 'batchSize'> & Partial<Pick<TrainingPlan, 'loss'>>,
  { build = bestBuild() ?? 'scalar', threads = 1, convolutions = 'winograd' }: DescribeOptions = {},
): ProgramDescription {
  const block = BLOCK_SAMPLES[build]
  const engine = { block, threads, convolutions }
  const { plan, commands, bytes } = compileProgram(spec, { batchSize, loss, seed: 0 }, engine)
  const { count: blocks } = plan.blocks
  const work = ({ forward, backward, optimizerStep }: OperationCommands) =>
    blocks * multiplyAddsOf([...forward, ...backward], block) +
    multiplyAddsOf(optimizerStep, blocks * block)
  const buffers = plan.memory.buffers.map(({ name, role, scope, count, bytes }) => ({
    name,
    role,
    scope,
    count,
    bytes,
  }))
  const bytesOf = (role: BufferRole) =>
    buffers.reduce((sum, buffer) => sum + (buffer.role === role ? buffer.bytes : 0), 0)
  return {
    model: spec.name,
    batchSize,
    build,
    threads,
    convolutions,
    samplesPerBlock: block,
    blocks,
    operations: plan.operations.map((operation, i) => {
      const { layer, type, output, kernel, reason } = operation
      const own = commands.operations[i]!
      return {
        layer,
        type: type === 'activation' ? operation.activation : type,
        outputShape: [output.height, output.width, output.channels],
        kernel,
        reason,
        forward: countByOperation(own.forward),
        backward: countByOperation(own.backward),
        optimizerStep: countByOperation(own.optimizerStep),
        onWeightsLoaded: countByOperation(own.onWeightsLoaded),
        multiplyAdds: work(own),
      }
    }),
    buffers,
    bytesByRole: {
      input: bytesOf('input'),
      result: bytesOf('result'),
      activation: bytesOf('activation'),
      gradient: bytesOf('gradient'),
      weight: bytesOf('weight'),
      velocity: bytesOf('velocity'),
      scratch: bytesOf('scratch'),
      program: bytesOf('program'),
    },
    bytes,
  }
}

/** Adds up the multiply-adds of commands that each run on so many samples. */
function multiplyAddsOf(commands: readonly Command[], samples: number): number {
  return commands.reduce(
    (sum, words) => sum + (multiplyAdds(Int32Array.from(words), samples) ?? 0),
    0,
  )
}

/** Counts the commands by operation, in the order in which each operation first occurs. */
function countByOperation(commands: readonly Command[]): CommandCount[] {
  const counts = new Map<OperationName, number>()
  for (const words of commands) {
    const name = operationOf(Int32Array.from(words))
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([operation, count]) => ({ operation, count }))
}

const ROLE_NAMES: Readonly<Record<BufferRole, string>> = {
  input: 'images and labels',
  result: 'losses and logits',
  activation: 'activations',
  gradient: 'gradients',
  weight: 'weights',
  velocity: 'velocities',
  scratch: 'scratch',
  program: 'commands',
}

/** Renders a description as lines of text, without a final newline. */
export function renderProgram(description: ProgramDescription): string {
  const { model, batchSize, build, threads, convolutions, blocks, samplesPerBlock } = description
  const work = description.operations.reduce((sum, one) => sum + one.multiplyAdds, 0)
  return [
    `${model} on the fused engine: build ${build}, ${plural(threads, 'thread')}, ${convolutions} convolutions`,
    `A batch of ${batchSize} is ${plural(blocks, 'block')} of ${plural(samplesPerBlock, 'sample')}.`,
    `A training step does ${(work / 1e6).toFixed(1)} million multiply-adds, counted as direct sums.`,
    '',
    'Operations',
    ...description.operations.flatMap((operation, i) => [
      `${String(i + 1).padStart(3)}. ${operation.layer}: output ${operation.outputShape.join(' × ')}, kernel ${operation.kernel}`,
      ...wrap(`why: ${operation.reason}`, 5),
      ...(
        [
          ['forward', operation.forward],
          ['backward', operation.backward],
          ['optimizer step', operation.optimizerStep],
          ['on weights loaded', operation.onWeightsLoaded],
        ] as const
      ).flatMap(([phase, counts]) =>
        counts.length === 0 ? [] : [`     ${phase}: ${counts.map(countText).join(', ')}`],
      ),
    ]),
    '',
    'Buffers',
    ...table(
      description.buffers.map(({ name, role, scope, count, bytes }) => [
        name,
        ROLE_NAMES[role],
        scope === 'program' ? '1' : `${count}, one for each ${scope}`,
        bytes.toLocaleString('en-US'),
      ]),
    ),
    '',
    'Memory in bytes',
    ...table([
      ...(Object.keys(ROLE_NAMES) as BufferRole[]).map((role) => [
        ROLE_NAMES[role],
        description.bytesByRole[role].toLocaleString('en-US'),
      ]),
      ['total', description.bytes.toLocaleString('en-US')],
    ]),
  ].join('\n')
}

/** Breaks text into lines of up to 100 columns, each of them indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > 100) {
      lines.push(line)
      line = `  ${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one)
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function countText({ operation, count }: CommandCount): string {
  return count === 1 ? operation : `${operation} × ${count}`
}

/** Renders rows as lines of aligned columns. The last column is aligned to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]!.length)),
  )
  return rows.map(
    (cells) =>
      `  ${cells
        .map((cell, i) =>
          i === cells.length - 1 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!),
        )
        .join('  ')}`,
  )
}
