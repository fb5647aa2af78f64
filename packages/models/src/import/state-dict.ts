import { sizeOf } from '@mnist-lab/core'
import { fromPyTorchLayout, toPyTorchLayout } from '../pytorch-layout.js'
import { ModelError } from '../model-error.js'
import type { ModelSpec } from '../spec.js'
import { checkWeights, type NamedTensor, type Weights, weightShapes } from '../weights.js'
import { cannotImport } from './foreign-error.js'

/**
 * Returns the weights of a model from tensors by name: those of our own files, or a `state_dict` of
 * PyTorch.
 */
export function weightsFrom(
  tensors: readonly NamedTensor[],
  spec: ModelSpec,
  where: string,
): Weights {
  if (tensors.every(({ name }) => /\/(kernel|bias)$/.test(name))) {
    try {
      checkWeights(spec, tensors)
    } catch (cause) {
      throw cause instanceof ModelError ? new ModelError({ ...cause.details, where, cause }) : cause
    }
    return tensors
  }
  return fromPyTorchLayout(spec, inOrder(tensors, spec, where))
}

/**
 * Returns tensors of a `state_dict` in the order of the layers. Files may sort them by name, so a
 * layer gets the first module, by name with its numbers as numbers, whose weight has its shape.
 */
function inOrder(
  tensors: readonly NamedTensor[],
  spec: ModelSpec,
  where: string,
): readonly NamedTensor[] {
  const modules = new Map<string, { weight?: NamedTensor; bias?: NamedTensor }>()
  for (const tensor of tensors) {
    const [, module, parameter] = /^(.*?)\.?(weight|bias)$/s.exec(tensor.name) ?? []
    if (module === undefined || parameter === undefined)
      throw cannotImport(where, `tensor ${tensor.name}`, 'weights and biases alone')
    modules.set(module, { ...modules.get(module), [parameter]: tensor })
  }
  const order = new Intl.Collator('en', { numeric: true })
  const unused = [...modules].sort(([one], [other]) => order.compare(one, other))
  const shapes = toPyTorchLayout(spec, zeros(spec))
  const found: NamedTensor[] = []
  for (let at = 0; at < shapes.length; at += 2) {
    const [kernel, bias] = [shapes[at]!, shapes[at + 1]!]
    const index = unused.findIndex(([, { weight }]) => weight?.shape.join() === kernel.shape.join())
    if (index === -1) {
      throw new ModelError({
        where,
        what: `no weight is left for ${kernel.name.split('/')[0]}`,
        expected: `[${kernel.shape.join(', ')}]`,
        got:
          unused
            .map(([name, { weight }]) => `${name} [${weight?.shape.join(', ') ?? ''}]`)
            .join(', ') || 'nothing',
        hint: 'name the model that the weights belong to',
      })
    }
    const [[, module]] = unused.splice(index, 1) as [(typeof unused)[0]]
    found.push(module.weight!, module.bias ?? { ...bias, data: new Float32Array(bias.data.length) })
  }
  const [extra] = unused
  if (extra !== undefined)
    throw cannotImport(
      where,
      `module ${extra[0]}, which the model has no layer for,`,
      'the weights of the model alone',
    )
  return found
}

function zeros(spec: ModelSpec): Weights {
  return weightShapes(spec).map(({ name, shape }) => ({
    name,
    shape,
    data: new Float32Array(sizeOf(shape)),
  }))
}
