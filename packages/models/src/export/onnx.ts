import { SPEC_KEY } from '../formats/spec-key.js'
import type { OnnxTensor } from '../formats/onnx-model.js'
import type { LayerInfo } from '../layers.js'
import { toPyTorchLayout } from '../pytorch-layout.js'
import type { Window } from '../window.js'
import { type ModelToExport, parametersOf, showsOrder } from './model-to-export.js'
import { encodeOnnx, type WrittenNode } from './onnx-encoder.js'

/** The version of the operators, which runtimes have had since 2021. */
const OPSET = 13

/**
 * Returns a model as an ONNX file. Its input `pixels` is [batch, channels, height, width] with
 * values from 0 to 1, and the graph normalises it. Dropout is left out, because it does nothing
 * outside training.
 */
export function toOnnx({ spec, weights, infos, normalization }: ModelToExport): Uint8Array {
  const nodes: WrittenNode[] = []
  const initializers: OnnxTensor[] = []
  const output = infos.at(-1)!.layer.type === 'softmax' ? 'probabilities' : 'logits'
  let value = 'pixels'
  const add = (
    node: Pick<WrittenNode, 'name' | 'type' | 'attributes'>,
    ...constants: readonly OnnxTensor[]
  ) => {
    initializers.push(...constants)
    nodes.push({
      ...node,
      inputs: [value, ...constants.map(({ name }) => name)],
      outputs: [node.name],
    })
    value = node.name
  }
  if (normalization !== undefined) {
    add({ name: 'centred', type: 'Sub' }, scalar('mean', normalization.mean))
    add({ name: 'normalized', type: 'Div' }, scalar('std', normalization.std))
  }
  const tensors = toPyTorchLayout(spec, weights)
  for (const [at, info] of infos.entries()) {
    if (info.layer.type === 'dropout') continue
    if (showsOrder(infos, at)) {
      const attributes = { perm: { ints: [0, 2, 3, 1] } }
      add({ name: `${info.name}_order`, type: 'Transpose', attributes })
    }
    const parameters = info.layer.type === 'conv2d' || info.layer.type === 'dense'
    add(
      { name: info.name, ...operatorOf(info) },
      ...(parameters ? parametersOf(info, tensors) : []),
    )
  }
  // A model of dropout alone has no nodes, and an output may not be an input.
  if (nodes.length === 0) add({ name: 'same', type: 'Identity' })
  const last = nodes.at(-1)!
  nodes[nodes.length - 1] = { ...last, outputs: [output] }
  const [height, width, channels] = spec.inputShape
  return encodeOnnx({
    opset: OPSET,
    producer: 'mnist-lab',
    graph: {
      name: spec.name,
      nodes,
      initializers,
      inputs: [{ name: 'pixels', shape: ['batch', channels, height, width] }],
      outputs: [{ name: output, shape: ['batch', infos.at(-1)!.outputShape[0]!] }],
    },
    metadata: { [SPEC_KEY]: JSON.stringify(spec) },
  })
}

/** Returns the operator of a layer and its attributes. */
function operatorOf({ layer, window }: LayerInfo): Pick<WrittenNode, 'type' | 'attributes'> {
  switch (layer.type) {
    case 'conv2d':
      return { type: 'Conv', attributes: windowAttributes(window!) }
    case 'dense':
      return { type: 'Gemm', attributes: { transB: { int: 1 } } }
    case 'avgPool2d':
      return { type: 'AveragePool', attributes: windowAttributes(window!) }
    case 'maxPool2d':
      return { type: 'MaxPool', attributes: windowAttributes(window!) }
    case 'tanh':
      return { type: 'Tanh' }
    case 'relu':
      return { type: 'Relu' }
    case 'dropout':
      return { type: 'Identity' }
    case 'flatten':
      return { type: 'Flatten', attributes: { axis: { int: 1 } } }
    case 'softmax':
      return { type: 'Softmax', attributes: { axis: { int: 1 } } }
  }
}

function windowAttributes({
  size,
  stride,
  padding,
}: Window): NonNullable<WrittenNode['attributes']> {
  const { top, left, bottom, right } = padding
  return {
    kernel_shape: { ints: size },
    strides: { ints: stride },
    pads: { ints: [top, left, bottom, right] },
  }
}

function scalar(name: string, value: number): OnnxTensor {
  return { name, shape: [], data: Float32Array.of(value) }
}
