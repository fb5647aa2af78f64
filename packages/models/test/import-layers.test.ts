// What imports make of layers that our exports do not write, and what they refuse.
import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { encodeOnnx, type WrittenNode } from '../src/export/onnx-encoder.js'
import type { OnnxTensor } from '../src/formats/onnx-model.js'
import { writeHdf5 } from '../src/formats/hdf5.js'
import { type ImportedModel, importModel } from '../src/import.js'
import { lenet5, ModelError } from '../src/index.js'

type Import = () => Promise<ImportedModel>

/** Returns the message of the error with which an import ends. */
async function messageOf(run: Import): Promise<string> {
  try {
    await run()
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    return (error as Error).message
  }
  throw new Error('it was imported')
}

describe('ONNX', () => {
  const constant = (name: string, ...shape: number[]): OnnxTensor => ({
    name,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
  })
  const integers = (name: string, ...data: number[]): OnnxTensor => ({
    name,
    shape: [data.length],
    data,
  })

  type Step = readonly [
    type: string,
    constants?: readonly string[],
    attributes?: WrittenNode['attributes'],
  ]

  /** Imports nodes, each of which takes the output of the one before it, and the input `x`. */
  function chain(
    shape: readonly (number | string)[],
    steps: readonly Step[],
    ...initializers: readonly OnnxTensor[]
  ): Import {
    let value = 'x'
    const nodes = steps.map(([type, constants = [], attributes = {}], at): WrittenNode => {
      const inputs = [value, ...constants]
      value = `${type}_${at + 1}`
      return { name: '', type, inputs, outputs: [value], attributes }
    })
    const graph = {
      name: 'graph',
      nodes,
      initializers,
      inputs: [{ name: 'x', shape: ['batch', ...shape] }],
      outputs: [{ name: value, shape: ['batch', 'classes'] }],
    }
    return () => importModel(encodeOnnx({ opset: 13, producer: '', graph, metadata: {} }), 'file')
  }
  it('reads what TensorFlow writes, where the channels come last and move to and fro', async () => {
    const { spec, weights } = await chain(
      [4, 4, 2],
      [
        ['Transpose', [], { perm: { ints: [0, 3, 1, 2] } }],
        ['Conv', ['kernel']],
        ['Add', ['bias']],
        ['Transpose', [], { perm: { ints: [0, 2, 3, 1] } }],
        ['Reshape', ['flat']],
        ['MatMul', ['matrix']],
        ['Add', ['more']],
      ],
      constant('kernel', 3, 2, 1, 1),
      constant('bias', 1, 3, 1, 1),
      integers('flat', -1, 48),
      constant('matrix', 48, 2),
      constant('more', 2),
    )()
    expect(spec.inputShape).toEqual([4, 4, 2])
    expect(spec.layers.map(({ type }) => type)).toEqual(['conv2d', 'flatten', 'dense'])
    expect(weights.map(({ data }) => Array.from(data.subarray(0, 4)))).toEqual([
      [1, 3, 5, 2],
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2],
    ])
  })

  it('permutes a kernel behind a flatten of channels', async () => {
    const { weights } = await chain(
      [2, 1, 2],
      [['Flatten'], ['Gemm', ['kernel'], { transB: { int: 1 } }]],
      constant('kernel', 1, 4),
    )()
    // Features 1 and 2 are the first channel.
    expect(Array.from(weights[0]!.data)).toEqual([1, 3, 2, 4])
    expect(Array.from(weights[1]!.data)).toEqual([0])
  })

  it('reads scaling at the beginning as the normalisation', async () => {
    const bytes = { name: 'bytes', shape: [1], data: Float32Array.of(255) }
    const half = { name: 'half', shape: [], data: Float32Array.of(0.5) }
    const layers = [['Flatten'], ['Gemm', ['kernel']]] as const
    const kernel = constant('kernel', 4, 2)
    const one = await chain([1, 2, 2], [['Div', ['bytes']], ...layers], bytes, kernel)()
    expect(one.spec.normalization).toBeUndefined()
    const other = await chain(
      [1, 2, 2],
      [['Sub', ['half']], ['Div', ['half']], ...layers],
      half,
      kernel,
    )()
    expect(other.spec.normalization).toEqual({ mean: 0.5, std: 0.5 })
  })

  it('reads windows with the padding of TensorFlow, and pooling of the whole image', async () => {
    const { spec } = await chain(
      [1, 6, 6],
      [
        ['Conv', ['kernel'], { strides: { ints: [2, 2] }, pads: { ints: [0, 0, 1, 1] } }],
        ['GlobalAveragePool'],
        ['Squeeze'],
      ],
      constant('kernel', 2, 1, 3, 3),
    )()
    expect(spec.layers).toEqual([
      { type: 'conv2d', filters: 2, kernelSize: 3, stride: 2, padding: 'same' },
      { type: 'avgPool2d', poolSize: 3 },
      { type: 'flatten' },
    ])
  })

  const image = [1, 4, 4] as const
  it.each<[string, Import, RegExp]>([
    [
      'another activation',
      chain([4], [['Sigmoid']]),
      /^file at node Sigmoid_1: a node Sigmoid can/,
    ],
    ['a sum of two values', chain([4], [['Relu'], ['Add', ['x']]]), /Add of two values cannot/],
    [
      'a window with gaps',
      chain(image, [
        ['MaxPool', [], { kernel_shape: { ints: [2, 2] }, dilations: { ints: [2, 2] } }],
      ]),
      /a window with gaps cannot be imported, expected dilations 1/,
    ],
    [
      'a pooling with padding',
      chain(image, [
        ['MaxPool', [], { kernel_shape: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } }],
      ]),
      /a pooling with padding cannot be imported/,
    ],
    [
      'uneven padding',
      chain(image, [['Conv', ['k'], { pads: { ints: [1, 0, 0, 0] } }]], constant('k', 1, 1, 2, 2)),
      /padding 1, 0, 0, 0 \(above, left, below, right\) cannot be imported/,
    ],
    [
      'groups',
      chain(image, [['Conv', ['k'], { group: { int: 2 } }]], constant('k', 1, 1, 2, 2)),
      /a convolution of groups of channels cannot be imported/,
    ],
    [
      'a kernel of another size than its input',
      chain([5], [['Gemm', ['k']]], constant('k', 4, 2)),
      /has another shape|is incomplete/,
    ],
    ['an input of unknown size', chain(['side', 'side'], [['Relu']]), /an input of unknown size/],
    [
      'images at the end',
      chain(image, [['Relu']]),
      /the last layer's output is not a list of classes/,
    ],
    [
      'a window of negative size',
      chain(image, [['MaxPool', [], { kernel_shape: { ints: [-1, 2] } }]]),
      /a window of other than two axes/,
    ],
  ])('refuses %s in one line', async (_what, run, message) => {
    expect(await messageOf(run)).toMatch(message)
  })

  it('refuses a file with too many nodes', async () => {
    const nodes = Array.from({ length: 20_001 }, () => ['Relu'] as const)
    expect(await messageOf(chain([4], nodes))).toMatch(
      /the graph is too large, expected at most 20000/,
    )
  })
})

describe('Keras', () => {
  const layer = (className: string, config: object) => ({ class_name: className, config })
  const input = (...shape: (number | null)[]) =>
    layer('InputLayer', { batch_shape: [null, ...shape], name: 'input' })

  /** Imports layers with weights that are numbered from 1. */
  const sequential =
    (
      layers: readonly object[],
      weights: Readonly<Record<string, readonly number[]>> = {},
    ): Import =>
    async () => {
      const parents = Object.keys(weights).flatMap((path) => {
        const parts = path.split('/').slice(0, -1)
        return parts.map((_, at) => parts.slice(0, at + 1).join('/'))
      })
      const datasets = Object.entries(weights).map(([name, shape]) => ({
        name,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
      }))
      const config = { class_name: 'Sequential', config: { name: 'model', layers } }
      const file = zipSync({
        'config.json': strToU8(JSON.stringify(config)),
        'model.weights.h5': await writeHdf5([...new Set(parents)], datasets),
      })
      return importModel(file, 'file')
    }

  it('reads activations within layers, and a padding before a convolution', async () => {
    const { spec } = await sequential(
      [
        input(5, 5, 1),
        layer('ZeroPadding2D', {
          padding: [
            [2, 2],
            [2, 2],
          ],
        }),
        layer('Conv2D', { filters: 2, kernel_size: [3, 3], activation: 'relu' }),
        layer('Flatten', {}),
        layer('Dense', { units: 3, activation: { class_name: 'function', config: 'softmax' } }),
      ],
      {
        'layers/conv2d/vars/0': [3, 3, 1, 2],
        'layers/conv2d/vars/1': [2],
        'layers/dense/vars/0': [98, 3],
        'layers/dense/vars/1': [3],
      },
    )()
    expect(spec.layers).toEqual([
      { type: 'conv2d', filters: 2, kernelSize: 3, padding: 2 },
      { type: 'relu' },
      { type: 'flatten' },
      { type: 'dense', units: 3 },
      { type: 'softmax' },
    ])
  })

  const dense = { 'layers/dense/vars/0': [4, 2], 'layers/dense/vars/1': [2] }
  it.each<[string, Import, RegExp]>([
    [
      'another layer',
      sequential([input(4), layer('LSTM', { name: 'a' })]),
      /^file at layer a: a layer "LSTM" cannot/,
    ],
    [
      'another activation',
      sequential([input(4), layer('Dense', { units: 2, activation: 'gelu' })], dense),
      /the activation "gelu" cannot be imported/,
    ],
    [
      'an unknown input',
      sequential([input(null, null, 1), layer('Flatten', {})]),
      /a model of unknown input shape/,
    ],
    [
      'channels first',
      sequential([input(4, 4, 1), layer('MaxPooling2D', { data_format: 'channels_first' })]),
      /images whose channels come first/,
    ],
    [
      'missing weights',
      sequential([input(4), layer('Dense', { name: 'd', units: 2 })]),
      /^file at layer d: the weights do not fit the layer, expected \[4, 2\], got none/,
    ],
    [
      'weights of another shape',
      sequential([input(3), layer('Dense', { name: 'd', units: 2 })], dense),
      /expected \[3, 2\], got \[4, 2\]/,
    ],
    [
      'a rate that is none',
      sequential([input(4), layer('Dropout', { rate: 'x' })]),
      /at layers\[1\]\.rate: expected a number/,
    ],
    ['no layers', sequential([]), /the model has no layers/],
    ['a layer that is none', sequential([[]]), /a layer has no class_name or no config/],
  ])('refuses %s in one line', async (_what, run, message) => {
    expect(await messageOf(run)).toMatch(message)
  })

  it('refuses weights that are no HDF5 file', async () => {
    const file = zipSync({
      'config.json': strToU8(
        JSON.stringify({ class_name: 'Sequential', config: { layers: [input(4)] } }),
      ),
      'model.weights.h5': strToU8('weights'),
    })
    expect(await messageOf(() => importModel(file, 'file'))).toMatch(
      /the weights are not an HDF5 file/,
    )
  })
})

describe('TensorFlow.js', () => {
  const layers = [
    { class_name: 'Dense', config: { name: 'd', units: 2, batch_input_shape: [null, 4] } },
  ]
  const model = (manifest: unknown) => ({
    modelTopology: { model_config: { class_name: 'Sequential', config: { layers } } },
    weightsManifest: manifest,
  })
  const tensors = (dtype: string) => [
    { name: 'sequential/d/kernel', shape: [4, 2], dtype },
    { name: 'sequential/d/bias', shape: [2], dtype },
  ]
  const imported = (json: object): Import => {
    const bytes = strToU8(JSON.stringify(json))
    return () => importModel(bytes, 'file', { fileBeside: async () => new Uint8Array(40) })
  }

  it('reads what TensorFlow’s converter writes', async () => {
    const { spec } = await imported(model([{ paths: ['a.bin'], weights: tensors('float32') }]))()
    expect(spec.layers).toEqual([{ type: 'flatten' }, { type: 'dense', units: 2 }])
    expect(spec.inputShape).toEqual([2, 2, 1])
  })

  it.each<[string, unknown, RegExp]>([
    [
      'a path out of its folder',
      [{ paths: ['../a.bin'], weights: [] }],
      /the file "\.\.\/a\.bin" cannot be imported, expected files in the same folder/,
    ],
    [
      'quantized weights',
      [{ paths: ['a'], weights: tensors('uint8') }],
      /tensor sequential\/d\/kernel of another type/,
    ],
    [
      'too few bytes',
      [{ paths: ['a'], weights: [...tensors('float32'), ...tensors('float32')] }],
      /is truncated, expected 72 bytes, got 40/,
    ],
    [
      'too many bytes',
      [{ paths: ['a', 'b'], weights: tensors('float32') }],
      /bytes behind the last tensor, expected 40 bytes, got 80/,
    ],
    ['no weights', undefined, /there is no weightsManifest in it/],
  ])('refuses %s in one line', async (_what, manifest, message) => {
    expect(await messageOf(imported(model(manifest)))).toMatch(message)
  })
})

describe('a file of torch.save', () => {
  const archive = (pickle: string, files: Readonly<Record<string, Uint8Array>> = {}): Import => {
    const bytes = zipSync({ 'net/data.pkl': Buffer.from(pickle, 'latin1'), ...files }, { level: 0 })
    return () => importModel(bytes, 'net.pt', { spec: lenet5() })
  }

  it.each<[string, Import, RegExp]>([
    [
      'a call of another function',
      archive('\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.'),
      /^net\.pt: a file that calls os\.system cannot be imported, expected a state_dict/,
    ],
    [
      'a value of a class',
      archive('\x80\x02cfoo\nBar\n)\x81.'),
      /a file that calls foo\.Bar cannot/,
    ],
    ['no state_dict', archive('\x80\x02K\x01.'), /a file without a state_dict cannot be imported/],
    ['a pickle without an end', archive('\x80\x02K\x01'), /the list of its tensors is damaged/],
    ['an unknown instruction', archive('\x80\x02\x01.'), /the list of its tensors is damaged/],
    ['an empty stack', archive('\x80\x02.'), /the list of its tensors is damaged/],
  ])('is refused in one line with %s', async (_what, run, message) => {
    expect(await messageOf(run)).toMatch(message)
  })

  /** A dictionary with one tensor, as `torch.save` writes it. */
  const tensor = (sizes: string, strides: string, key = '0') =>
    `\x80\x02}X\x08\0\0\0a.weightctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0${key}X\x03\0\0\0cpuK\x04tQK\0${sizes}${strides}\x89}tRs.`

  it('is refused where a tensor is larger than its numbers', async () => {
    const files = { 'net/data/0': new Uint8Array(16) }
    expect(await messageOf(archive(tensor('K\x02K\x03\x86', 'K\x03K\x01\x86'), files))).toMatch(
      /a tensor is larger than its numbers/,
    )
    expect(await messageOf(archive(tensor('K\x02K\x02\x86', 'K\x02K\x09\x86'), files))).toMatch(
      /a tensor is larger than its numbers/,
    )
    expect(await messageOf(archive(tensor('K\x02\x85', 'K\x01\x85', '1'), files))).toMatch(
      /the numbers of a tensor are missing/,
    )
  })

  it('has tensors whose axes are in any order', async () => {
    const files = { 'net/data/0': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) }
    const spec = {
      name: 'two',
      inputShape: [1, 2, 1] as const,
      layers: [{ type: 'flatten' as const }, { type: 'dense' as const, units: 2 }],
    }
    const weightsOf = async (strides: string) => {
      const pickle = Buffer.from(tensor('K\x02K\x02\x86', strides), 'latin1')
      const file = zipSync({ 'net/data.pkl': pickle, ...files })
      return Array.from((await importModel(file, 'net.pt', { spec })).weights[0]!.data)
    }
    expect(await weightsOf('K\x02K\x01\x86')).toEqual([1, 3, 2, 4])
    expect(await weightsOf('K\x01K\x02\x86')).toEqual([1, 2, 3, 4])
  })
})
