import { engine, type NamedAttrMap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core'

/**
 * Holds the tensors of one pass. Every kernel's output belongs to the arena until it is kept or the
 * arena is disposed. This works across awaits too, which TensorFlow.js's own `tidy` cannot do.
 */
export class Arena {
  readonly #live = new Set<Tensor>()

  /** Runs one kernel on TensorFlow.js's active engine. The output belongs to the arena. */
  run(kernel: string, inputs: Readonly<Record<string, Tensor>>, attributes: object = {}): Tensor {
    const output = engine().runKernel(
      kernel,
      inputs as NamedTensorMap,
      attributes as NamedAttrMap,
    ) as Tensor
    this.#live.add(output)
    return output
  }

  /** Creates a float32 tensor that may share `values`, which must not change while it lives. */
  tensor(values: Float32Array, shape: readonly number[]): Tensor {
    const output = engine().makeTensor(values, [...shape], 'float32') as Tensor
    this.#live.add(output)
    return output
  }

  /** Hands a tensor over to the caller, who disposes it. */
  keep(tensor: Tensor): Tensor {
    this.#live.delete(tensor)
    return tensor
  }

  dispose(): void {
    for (const tensor of this.#live) tensor.dispose()
    this.#live.clear()
  }
}

export type { Tensor }
