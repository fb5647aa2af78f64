import type { OnnxNode } from '../formats/onnx-model.js'

/**
 * Whole numbers of a graph. The size of the batch is undefined, because a file does not know it.
 */
export type KnownIntegers = readonly (number | undefined)[]

/** What is known where a node stands. */
interface Known {
  /** Returns the numbers of a value, if it has whole numbers that are known. */
  readonly of: (name: string) => KnownIntegers | undefined
  /** Returns the shape of a value, if it is the last output of the chain. */
  readonly shapeOf: (name: string) => KnownIntegers | undefined
}

/**
 * Computes the result of a node that computes shapes, or returns undefined for another one. PyTorch
 * writes such nodes where a program says `x.view(x.size(0), -1)`.
 */
export function integersOf(node: OnnxNode, known: Known): KnownIntegers | undefined {
  const inputs = node.inputs.map((name) => known.of(name))
  const [first, second] = inputs
  if (node.type === 'Shape') return known.shapeOf(node.inputs[0] ?? '')
  if (first === undefined) return undefined
  switch (node.type) {
    case 'Gather':
      return second?.map((at) => first.at(at ?? 0))
    case 'Concat':
      return inputs.flatMap((numbers) => numbers ?? [undefined])
    case 'Cast':
    case 'Identity':
    case 'Squeeze':
    case 'Unsqueeze':
      return first
    case 'Slice': {
      const [from, to] = [second?.[0], inputs[2]?.[0]]
      return from === undefined || to === undefined ? undefined : first.slice(from, to)
    }
    default:
      return undefined
  }
}
