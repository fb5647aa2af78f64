import type { Graph, Operation, Pooling } from './lower.js'

/**
 * Pass 2. Makes one operation of two where a kernel does both at once: a convolution or a dense
 * layer with its bias, and tanh with the average pooling right behind it.
 */
export function fuse({ input, operations }: Graph): Graph {
  const fused: Operation[] = []
  for (const operation of operations) {
    const before = fused.at(-1)
    if (operation.type === 'bias') {
      if (before?.type !== 'conv2d' && before?.type !== 'dense')
        throw new RangeError(`${operation.layer}: a bias without a product before it`)
      fused.splice(-1, 1, { ...before, addsBias: true, output: operation.output })
    } else if (
      operation.type === 'avgPool2d' &&
      before?.type === 'tanh' &&
      halvesItsInput(operation) &&
      !isActivationFunction(fused.at(-2))
    ) {
      fused.splice(-1, 1, {
        type: 'tanhAvgPool2d',
        layer: `${before.layer} + ${operation.layer}`,
        input: before.input,
        output: operation.output,
      })
    } else fused.push(operation)
  }
  return { input, operations: fused }
}

/** Whether the windows are 2 × 2, side by side, and cover the input. */
function halvesItsInput({ window: { size, stride }, input, output }: Pooling): boolean {
  return (
    [...size, ...stride].every((side) => side === 2) &&
    output.height * 2 === input.height &&
    output.width * 2 === input.width
  )
}

/** The backward pass of an activation function reads its output, so nothing may overwrite that. */
export function isActivationFunction(operation: Operation | undefined): boolean {
  return operation?.type === 'tanh' || operation?.type === 'relu'
}
