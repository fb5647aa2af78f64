// The messages of an ONNX file, as far as layers need them. ONNX publishes their schema as
// onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Numbers of
// fields in the encoder and the decoder are those of the schema.

/** A model. */
export interface OnnxModel {
  /** The version of the operators of the standard domain. */
  readonly opset: number
  readonly producer: string
  readonly graph: OnnxGraph
  readonly metadata: Readonly<Record<string, string>>
}

/** The nodes of a model in the order of their computation, and its constants. */
export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

/** One operation. Its inputs and outputs are names of values. */
export interface OnnxNode {
  readonly name: string
  readonly type: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** An attribute of a node. */
export type OnnxAttribute = number | string | readonly number[] | OnnxTensor

/** A constant. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Whole numbers are 64-bit integers, as shapes are. */
  readonly data: Float32Array | readonly number[]
}

/** An input or output. A side is a number, or the name of one that is only known when it runs. */
export interface OnnxValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

/** The types of a tensor's elements. */
export const ELEMENT = { float: 1, int64: 7, double: 11 } as const
/** The types of an attribute. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const
