import { PbfWriter } from 'pbf'
import {
  ATTRIBUTE,
  ELEMENT,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../formats/onnx-model.js'

/** An attribute to write; a number alone does not tell whether it is whole. */
type WrittenAttribute = { readonly int: number } | { readonly ints: readonly number[] }

/** A node to write. */
export type WrittenNode = Omit<OnnxNode, 'attributes' | 'domain'> & {
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>
}

/** A model to write. */
export type WrittenModel = Omit<OnnxModel, 'graph'> & {
  readonly graph: Omit<OnnxGraph, 'nodes'> & { readonly nodes: readonly WrittenNode[] }
}

/** The version of the file format. Every runtime with opset 13 reads it. */
const IR_VERSION = 8

/** Returns the bytes of an ONNX file. The same model gives the same bytes. */
export function encodeOnnx({ opset, producer, graph, metadata }: WrittenModel): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, IR_VERSION)
  pbf.writeStringField(2, producer)
  pbf.writeMessage(7, writeGraph, graph)
  pbf.writeMessage(8, (version: number, pbf) => pbf.writeVarintField(2, version), opset)
  for (const [key, value] of Object.entries(metadata)) {
    pbf.writeMessage(
      14,
      (_, pbf) => {
        pbf.writeStringField(1, key)
        pbf.writeStringField(2, value)
      },
      undefined,
    )
  }
  return pbf.finish()
}

function writeGraph(graph: WrittenModel['graph'], pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, graph.name)
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor)
  for (const value of graph.inputs) pbf.writeMessage(11, writeValue, value)
  for (const value of graph.outputs) pbf.writeMessage(12, writeValue, value)
}

function writeNode({ name, type, inputs, outputs, attributes }: WrittenNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input)
  for (const output of outputs) pbf.writeStringField(2, output)
  pbf.writeStringField(3, name)
  pbf.writeStringField(4, type)
  for (const [key, value] of Object.entries(attributes ?? {})) {
    pbf.writeMessage(
      5,
      (_, pbf) => {
        pbf.writeStringField(1, key)
        if ('int' in value) pbf.writeVarintField(3, value.int)
        else for (const int of value.ints) pbf.writeVarintField(8, int)
        pbf.writeVarintField(20, 'int' in value ? ATTRIBUTE.int : ATTRIBUTE.ints)
      },
      undefined,
    )
  }
}

function writeTensor({ name, shape, data }: OnnxTensor, pbf: PbfWriter): void {
  for (const side of shape) pbf.writeVarintField(1, side)
  const isFloat = data instanceof Float32Array
  pbf.writeVarintField(2, isFloat ? ELEMENT.float : ELEMENT.int64)
  if (!isFloat) for (const value of data) pbf.writeVarintField(7, value)
  pbf.writeStringField(8, name)
  if (isFloat) pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function writeValue({ name, shape }: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  const writeSide = (side: number | string, pbf: PbfWriter) => {
    if (typeof side === 'number') pbf.writeVarintField(1, side)
    else pbf.writeStringField(2, side)
  }
  const writeShape = (_: unknown, pbf: PbfWriter) => {
    for (const side of shape) pbf.writeMessage(1, writeSide, side)
  }
  const writeTensorType = (_: unknown, pbf: PbfWriter) => {
    pbf.writeVarintField(1, ELEMENT.float)
    pbf.writeMessage(2, writeShape, undefined)
  }
  pbf.writeMessage(2, (_, pbf) => pbf.writeMessage(1, writeTensorType, undefined), undefined)
}
