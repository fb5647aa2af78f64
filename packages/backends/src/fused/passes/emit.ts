import { type Command, command, COMMAND_WORDS } from '@mnist-lab/kernels'
import type { Loss } from '../../interface.js'
import { emitConvolution } from './emit-convolution.js'
import { emitDense } from './emit-dense.js'
import { emitActivation, emitDropout, emitPooling, emitTanhPooling } from './emit-parameterless.js'
import { type OperationCommands, stridesOf } from './operation-commands.js'
import type { MemoryPlan, PlacedOperation } from './plan-memory.js'

/** Commands one after the other in memory. */
export interface CommandList {
  readonly address: number
  readonly commands: readonly Command[]
}

/** The command lists of a program. */
export interface Emitted {
  /** Holds the commands of each operation, in their order. */
  readonly operations: readonly OperationCommands[]
  /** Per block: data, forward pass, loss, backward pass. */
  readonly train: CommandList
  readonly evaluate: CommandList
  readonly predict: CommandList
  readonly optimizerStep: CommandList
  readonly onWeightsLoaded: CommandList
}

export interface EmitOptions {
  readonly loss: Loss
  /** Selects the dropout masks. */
  readonly seed: number
}

/**
 * Pass 5. Writes the commands of every operation, and the lists that a pass over the batch runs.
 */
export function emit(plan: MemoryPlan, { loss, seed }: EmitOptions): Emitted {
  const { memory, input, output, logits } = plan
  const operations = plan.operations.map((operation) => emitOperation(operation, plan, seed))
  const load = command('loadImages', {
    images: plan.images,
    table: plan.table.address,
    y: input.inner,
    ...stridesOf('y', input),
    channels: input.channels,
    height: input.height,
    width: input.width,
  })
  const crossEntropy = command('crossEntropy', {
    logits: output.inner,
    labels: plan.labels,
    sampleWeights: plan.sampleWeights,
    gradient: output.gradient,
    result: plan.results,
    classes: output.channels,
    double: loss === 'doubleSoftmaxCrossEntropy' ? 1 : 0,
  })
  const deinterleave = command('deinterleave', {
    x: output.inner,
    y: logits,
    features: output.channels,
  })
  const list = (name: string, commands: readonly Command[]): CommandList => {
    const { address } = memory.take(name, 'program', commands.length * COMMAND_WORDS * 4)
    return { address, commands }
  }
  const evalForward = operations.flatMap((one) => one.evalForward)
  return {
    operations,
    train: list('commands, training', [
      load,
      ...operations.flatMap(({ forward }) => forward),
      crossEntropy,
      ...[...operations].reverse().flatMap(({ backward }) => backward),
    ]),
    evaluate: list('commands, evaluation', [load, ...evalForward, crossEntropy]),
    predict: list('commands, prediction', [load, ...evalForward, deinterleave]),
    optimizerStep: list(
      'commands, optimizer step',
      operations.flatMap((one) => one.optimizerStep),
    ),
    onWeightsLoaded: list(
      'commands, weights loaded',
      operations.flatMap((one) => one.onWeightsLoaded),
    ),
  }
}

function emitOperation(
  operation: PlacedOperation,
  plan: MemoryPlan,
  seed: number,
): OperationCommands {
  switch (operation.type) {
    case 'conv2d':
      return emitConvolution(operation)
    case 'dense':
      return emitDense(operation, plan)
    case 'dropout':
      return emitDropout(operation, plan, seed)
    case 'activation':
      return emitActivation(operation)
    case 'tanhAvgPool2d':
      return emitTanhPooling(operation)
    case 'avgPool2d':
    case 'maxPool2d':
      return emitPooling(operation)
  }
}
