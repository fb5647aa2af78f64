import { type Command, command, NO_OPERAND } from '@mnist-lab/kernels'
import type { WinogradBuffers } from './kernel-buffers.js'
import type { Window } from './lower.js'
import {
  biasUpdate,
  imageOf,
  type OperationCommands,
  parts,
  plain,
  sizesOf,
  stridesOf,
} from './operation-commands.js'
import type { PlacedConvolution } from './plan-memory.js'

/** Writes the commands of a convolution with its bias. */
export function emitConvolution(operation: PlacedConvolution): OperationCommands {
  return operation.winograd === undefined
    ? emitDirect(operation)
    : emitWinograd(operation, operation.winograd)
}

/** Writes the forward command of a convolution that is summed plainly. */
function directForward({ window, x, y, weights, bias }: PlacedConvolution): Command {
  return command('convForward', {
    x: x.origin,
    ...stridesOf('x', x),
    weights: weights.weights,
    bias: bias.weights,
    ...imageOf('y', y),
    channels: x.channels,
    outChannels: y.channels,
    outHeight: y.height,
    outWidth: y.width,
    ...kernelOf(window),
  })
}

/** Writes the commands of a convolution that is summed plainly in both passes. */
function emitDirect(operation: PlacedConvolution): OperationCommands {
  const { window, input, x, y, weights, bias } = operation
  const sizes = { outChannels: y.channels, outHeight: y.height, outWidth: y.width }
  const forward = directForward(operation)
  const inputGradient = command('convBackwardData', {
    dy: y.gradient,
    weights: weights.weights,
    dx: x.gradient,
    ...sizesOf(x),
    ...sizes,
    ...kernelOf(window),
    top: window.padding.top,
    left: window.padding.left,
  })
  return {
    ...plain([forward], input.needsGradient ? inputGradient : undefined),
    optimizerStep: [
      ...parts(y.channels, 2, (range) =>
        command('convUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          ...stridesOf('x', x),
          dy: y.gradient.address,
          weights: weights.weights,
          velocity: weights.state.velocity,
          channels: x.channels,
          ...sizes,
          ...kernelOf(window),
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
  }
}

/**
 * Writes the commands of a convolution whose gradients are computed by Winograd’s method, and whose
 * outputs are where its kernel is `winograd`.
 */
function emitWinograd(
  operation: PlacedConvolution,
  { points, sums, scratch, filter, updateScratch, group }: WinogradBuffers,
): OperationCommands {
  const { kernel, window, input, x, y, weights, bias } = operation
  const out = { outHeight: y.height, outWidth: y.width }
  const toPoints = command('winogradInput', {
    x: x.origin,
    ...stridesOf('x', x),
    points,
    scratch,
    channels: x.channels,
    ...out,
  })
  const fromPoints = command('winogradForward', {
    points,
    filter: filter.address,
    bias: bias.weights,
    ...imageOf('y', y),
    scratch,
    channels: x.channels,
    outChannels: y.channels,
    ...out,
  })
  const gradients = command('winogradBackward', {
    dy: y.gradient,
    points,
    sums,
    filter: filter.address,
    dx: input.needsGradient ? x.gradient : NO_OPERAND,
    scratch,
    group,
    ...sizesOf(x),
    outChannels: y.channels,
    ...out,
    top: window.padding.top,
    left: window.padding.left,
  })
  const exact = kernel === 'winograd-gradients'
  const forward = exact ? [directForward(operation)] : [toPoints, fromPoints]
  return {
    forward,
    evalForward: forward,
    backward: exact ? [toPoints, gradients] : [gradients],
    optimizerStep: updateScratch.map((own, i) =>
      command('winogradUpdate', {
        sums: sums.address,
        sumChunk: sums.stride,
        weights: weights.weights,
        velocity: weights.state.velocity,
        filter: filter.address,
        bias: bias.weights,
        biasVelocity: bias.state.velocity,
        scratch: own.address,
        channels: x.channels,
        outChannels: y.channels,
        from: 4 * i,
        to: 4 * i + 4,
      }),
    ),
    onWeightsLoaded: [
      command('winogradFilter', {
        weights: weights.weights,
        filter: filter.address,
        scratch: scratch.address,
        channels: x.channels,
        outChannels: y.channels,
      }),
    ],
  }
}

function kernelOf({ size, stride }: Window) {
  return {
    kernelHeight: size[0],
    kernelWidth: size[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
  }
}
