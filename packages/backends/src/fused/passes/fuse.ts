import type { Graph, Operation, Pooling } from './lower.js'

/**
 * Joins two operations into one if a kernel computes both at once (pass 2): a convolution or a
 * dense layer with its bias, and tanh with the average pooling that follows it. The backward pass
 * of an activation function reads that function's output, so tanh is not joined if it would
 * overwrite such an output. Lowering has already removed layers that compute nothing, such as
 * dropout with rate 0, so they do not keep two operations apart.
 */
export function fuse({ input, operations }: Graph): Graph {
  const fused: Operation[] = []
  for (const operation of operations) {
    const before = fused.at(-1)
    if (operation.type === 'bias') {
      if (before?.type !== 'conv2d' && before?.type !== 'dense')
        throw new RangeError(
          `${operation.layer}: a bias needs a convolution or a dense layer right before it`,
        )
      fused.splice(-1, 1, { ...before, addsBias: true, output: operation.output })
    } else if (
      operation.type === 'avgPool2d' &&
      before?.type === 'activation' &&
      before.activation === 'tanh' &&
      halvesItsInput(operation) &&
      fused.at(-2)?.type !== 'activation'
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

/** Returns whether the windows are 2 × 2, lie side by side, and cover the whole input. */
function halvesItsInput({ window: { size, stride }, input, output }: Pooling): boolean {
  return (
    [...size, ...stride].every((side) => side === 2) &&
    output.height * 2 === input.height &&
    output.width * 2 === input.width
  )
}
