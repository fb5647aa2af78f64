import { command } from '@mnist-lab/kernels'
import { paddedOutputs } from '../memory.js'
import type { DenseBuffers, SparseBuffers } from './kernel-buffers.js'
import {
  biasUpdate,
  imageOf,
  type OperationCommands,
  parts,
  type Range,
} from './operation-commands.js'
import type { MemoryPlan, PlacedDense } from './plan-memory.js'

/** Writes the commands of a dense layer with its bias. */
export function emitDense(operation: PlacedDense, plan: MemoryPlan): OperationCommands {
  return operation.sparse === undefined
    ? emitDirect(operation, operation.dense!, plan)
    : emitSparse(operation, operation.sparse, plan)
}

/**
 * Writes the commands of a dense layer that reads every input. Its weights are a matrix of
 * [input, unit], with the inputs in the order that the activations have.
 */
function emitDirect(
  { input, x, y, weights, bias }: PlacedDense,
  { transposed, inputsPerPart }: DenseBuffers,
  { blocks: { size, count } }: MemoryPlan,
): OperationCommands {
  const units = y.channels
  const inputs = x.channels * x.height * x.width
  const sampleBytes = size * 4
  const tileOfBlock = size * sampleBytes
  const dyTile = count * tileOfBlock
  // A convolution over one row of one channel, as long as its kernel.
  const forward = command('convForward', {
    x: x.origin,
    xChannel: 0,
    xRow: 0,
    weights: weights.weights,
    bias: bias.weights,
    ...imageOf('y', y),
    channels: 1,
    outChannels: units,
    outHeight: 1,
    outWidth: 1,
    kernelHeight: 1,
    kernelWidth: inputs,
    strideHeight: 1,
    strideWidth: 1,
  })
  // The gradient of its input is that of as many channels of one pixel.
  const inputGradient = command('convBackwardData', {
    dy: y.gradient,
    weights: weights.weights,
    dx: x.gradient,
    channels: inputs,
    height: 1,
    width: 1,
    outChannels: units,
    outHeight: 1,
    outWidth: 1,
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    top: 0,
    left: 0,
  })
  const transpose = command('transposeGradient', {
    dy: y.gradient,
    target: { address: transposed.address, stride: tileOfBlock, scope: 'block' },
    tileBytes: dyTile,
    sampleBytes,
    units,
  })
  return {
    forward: [forward],
    evalForward: [forward],
    backward: [transpose, ...(input.needsGradient ? [inputGradient] : [])],
    optimizerStep: [
      ...parts(inputs, inputsPerPart, (range) =>
        command('denseUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          dy: transposed.address,
          dyTile,
          weights: weights.weights,
          velocity: weights.state.velocity,
          units,
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
    onWeightsLoaded: [],
  }
}

/**
 * Writes the commands of a dense layer that reads the images and sums x · w over the pixels that
 * are not background.
 */
function emitSparse(
  { x, y, weights, bias }: PlacedDense,
  { rows, sums, scratch, updateScratch, inputsPerPart }: SparseBuffers,
  { blocks, images, table }: MemoryPlan,
): OperationCommands {
  const units = y.channels
  const inputs = x.channels * x.height * x.width
  const row = paddedOutputs(units) * 4
  const sumsOf = ({ from }: Range) => sums.address + (from / inputsPerPart) * row
  const forward = command('sparseForward', {
    images,
    table: table.address,
    weights: weights.weights,
    bias: bias.weights,
    sums: sums.address,
    parts: updateScratch.length,
    y: y.inner,
    scratch,
    inputs,
    units,
  })
  const transpose = command('transposeGradient', {
    dy: y.gradient,
    target: rows,
    // Tiles of as many units as a block has samples, one after the other in a row.
    tileBytes: blocks.size * 4,
    sampleBytes: row,
    units,
  })
  return {
    forward: [forward],
    evalForward: [forward],
    backward: [transpose],
    optimizerStep: [
      ...parts(inputs, inputsPerPart, (range, i) =>
        command('sparseUpdate', {
          x: x.origin.address,
          xBlock: x.origin.stride,
          table: table.address,
          dy: rows.address,
          weights: weights.weights,
          velocity: weights.state.velocity,
          sums: sumsOf(range),
          scratch: updateScratch[i]!.address,
          units,
          ...range,
        }),
      ),
      biasUpdate(y, bias),
    ],
    onWeightsLoaded: parts(inputs, inputsPerPart, (range) =>
      command('sumRows', { weights: weights.weights, sums: sumsOf(range), units, ...range }),
    ),
  }
}
