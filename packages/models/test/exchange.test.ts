// What exports write, imports read again. packages/cli/test/other-programs compares both with the
// programs that the formats are for.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ExportFormat, exportModel, withoutSoftmax } from '../src/export.js'
import { importModel, type ImportOptions } from '../src/import.js'
import {
  customMlp,
  initialWeights,
  inferShapes,
  type Layer,
  lenet5,
  lenet5Regularized,
  ModelError,
  type ModelSpec,
  type Weights,
  writeSafetensors,
} from '../src/index.js'

const FORMATS: readonly ExportFormat[] = ['onnx', 'keras', 'tfjs', 'pytorch', 'safetensors']

const weightsOf = (spec: ModelSpec) => initialWeights(spec, { seed: 5, scheme: 'pytorch' })

const hashOf = (data: NodeJS.ArrayBufferView) => createHash('sha256').update(data).digest('hex')
const bitsOf = (weights: Weights) =>
  weights.map(({ name, shape, data }) => ({ name, shape, hash: hashOf(data) }))

afterEach(() => void vi.useRealTimers())

/** Exports a model and imports it again. */
async function thereAndBack(spec: ModelSpec, weights: Weights, to: ExportFormat) {
  const files = await exportModel(spec, weights, { to })
  const bytesOf = (name: string) => files.find((file) => file.name === name)!.bytes
  return importModel(files[0]!.bytes, 'file', { fileBeside: async (name) => bytesOf(name) })
}

const image: fc.Arbitrary<Layer> = fc.oneof(
  fc.record(
    {
      type: fc.constant('conv2d' as const),
      filters: fc.integer({ min: 1, max: 3 }),
      kernelSize: fc.oneof(
        fc.integer({ min: 1, max: 3 }),
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      ),
      stride: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom('valid' as const, 'same' as const, 1, 2),
    },
    { requiredKeys: ['type', 'filters', 'kernelSize'] },
  ),
  fc.record({
    type: fc.constantFrom('avgPool2d' as const, 'maxPool2d' as const),
    poolSize: fc.integer({ min: 1, max: 2 }),
    stride: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ type: fc.constantFrom('relu' as const, 'tanh' as const) }),
  fc.record({ type: fc.constant('dropout' as const), rate: fc.constantFrom(0, 0.25) }),
)
const features: fc.Arbitrary<Layer> = fc.oneof(
  fc.record({ type: fc.constant('dense' as const), units: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constantFrom('relu' as const, 'tanh' as const) }),
)
const specs: fc.Arbitrary<ModelSpec> = fc
  .record({
    name: fc.constantFrom('model', 'ein Name, é'),
    inputShape: fc.constantFrom([6, 5, 1] as const, [7, 7, 2] as const),
    normalization: fc.constantFrom(undefined, { mean: 0.1307, std: 0.3081 }, { mean: 0, std: 2 }),
    images: fc.array(image, { maxLength: 3 }),
    features: fc.array(features, { maxLength: 3 }),
    hasSoftmax: fc.boolean(),
  })
  .map(({ name, inputShape, normalization, images, features, hasSoftmax }) => ({
    name,
    inputShape,
    ...(normalization === undefined ? {} : { normalization }),
    layers: [
      ...images,
      { type: 'flatten' as const },
      ...features,
      ...(hasSoftmax ? [{ type: 'softmax' as const }] : []),
    ],
  }))
  .filter((spec) => {
    try {
      return inferShapes(spec).length > 0
    } catch (error) {
      if (error instanceof ModelError) return false
      throw error
    }
  })

describe('a model that is exported and imported', () => {
  it.each(FORMATS)('is the same after %s', async (to) => {
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const weights = weightsOf(spec)
        const again = await thereAndBack(spec, weights, to)
        expect(again.spec).toEqual(spec)
        expect(bitsOf(again.weights)).toEqual(bitsOf(weights))
      }),
      { numRuns: to === 'keras' ? 30 : 100 },
    )
  })

  it.each([lenet5(), customMlp(), lenet5Regularized()])(
    'is a model of the study: $name',
    async (spec) => {
      const weights = weightsOf(spec)
      for (const to of FORMATS) {
        const again = await thereAndBack(spec, weights, to)
        expect(again.spec).toEqual(spec)
        expect(bitsOf(again.weights)).toEqual(bitsOf(weights))
      }
    },
  )

  it('has the same bytes at any time', async () => {
    const weights = weightsOf(lenet5())
    const hashes = async (time: number) => {
      vi.useFakeTimers({ now: time, toFake: ['Date'] })
      const files = await Promise.all(FORMATS.map((to) => exportModel(lenet5(), weights, { to })))
      return files.flat().map(({ name, bytes }) => [name, hashOf(bytes)])
    }
    expect(await hashes(1e12)).toEqual(await hashes(1.5e12))
  })

  it('is another one where a program has changed the file and not our description of it', async () => {
    const spec = lenet5()
    const [file] = await exportModel(spec, weightsOf(spec), { to: 'onnx' })
    const text = Buffer.from(file!.bytes).toString('latin1')
    const changed = text.replaceAll('Tanh', 'Relu')
    const again = await importModel(Buffer.from(changed, 'latin1'), 'file')
    expect(again.spec.layers[1]).toEqual({ type: 'relu' })
  })

  it('can leave out the softmax at its end', () => {
    expect(withoutSoftmax(lenet5()).layers.at(-1)).toEqual({ type: 'dense', units: 10 })
    expect(withoutSoftmax(withoutSoftmax(lenet5()))).toEqual(withoutSoftmax(lenet5()))
  })

  it('has weights in files of 4 MiB for TensorFlow.js', async () => {
    const spec: ModelSpec = {
      name: 'wide',
      inputShape: [32, 32, 1],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 1100 }],
    }
    const files = await exportModel(spec, weightsOf(spec), { to: 'tfjs' })
    expect(files.map(({ name, bytes }) => [name, bytes.length]).slice(1)).toEqual([
      ['group1-shard1of2.bin', 4_194_304],
      ['group1-shard2of2.bin', 4 * 1100 * 1025 - 4_194_304],
    ])
    const { weights } = await thereAndBack(spec, weightsOf(spec), 'tfjs')
    expect(bitsOf(weights)).toEqual(bitsOf(weightsOf(spec)))
  })

  it('is refused with the weights of another model', async () => {
    await expect(exportModel(lenet5(), weightsOf(customMlp()), { to: 'onnx' })).rejects.toThrow(
      /^weights of lenet5: expected 10 tensors, got 16; use weights saved from this model$/,
    )
  })
})

/** Returns the message of the error with which an import ends. */
async function messageOf(bytes: Uint8Array, options: ImportOptions = {}): Promise<string> {
  try {
    await importModel(bytes, 'file', options)
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    return (error as Error).message
  }
  throw new Error('it was imported')
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

describe('a file that is no model', () => {
  it.each<[string, string, RegExp]>([
    ['an HDF5 file', '\u0089HDF\r\n', /^file: an HDF5 file cannot be imported, expected a \.keras/],
    [
      'a pickle',
      '\u0080\u0002}q\u0000.',
      /^file: a pickle cannot be imported, expected the archive/,
    ],
    ['a gzip file', '\u001f\u008b\u0008', /^file: a compressed file cannot be imported/],
    ['a damaged archive', 'PK\u0003\u0004rest', /^file: it is a damaged archive; /],
    [
      'an empty file',
      '',
      /^file: it is an ONNX file without a graph, or a file of an unknown format; save/,
    ],
    [
      'a text',
      'Hello, world',
      /^file: it is a damaged ONNX file, or a file of an unknown format; save or fetch/,
    ],
    ['other JSON', '{"layers": []}', /^file: JSON without a model cannot be imported/],
    [
      'damaged JSON',
      '{"modelTopology": ',
      /^file: it is not JSON \(.*\); save or fetch the file again$/,
    ],
  ])('is refused in one line: %s', async (_what, text, message) => {
    expect(await messageOf(bytesOf(text))).toMatch(message)
  })

  it('is refused at every length that is too short', async () => {
    const spec: ModelSpec = {
      name: 'small',
      inputShape: [2, 2, 1],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
    }
    for (const to of FORMATS) {
      const [file, ...others] = await exportModel(spec, weightsOf(spec), { to })
      const step = to === 'keras' ? 97 : 7
      for (let length = 0; length < file!.bytes.length - 8; length += step) {
        const message = await messageOf(file!.bytes.slice(0, length), {
          fileBeside: async () => others[0]!.bytes,
        })
        expect(message).toMatch(/^file/)
      }
    }
  })
})

describe('a file of weights', () => {
  const spec: ModelSpec = {
    name: 'two',
    inputShape: [4, 4, 1],
    layers: [
      { type: 'flatten' },
      { type: 'dense', units: 16 },
      { type: 'relu' },
      { type: 'dense', units: 16 },
      { type: 'dense', units: 2 },
    ],
  }
  const tensor = (name: string, ...shape: number[]) => ({
    name,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  })

  it('gives each layer the first module by name whose weight has its shape', async () => {
    const file = writeSafetensors([
      tensor('classifier.bias', 2),
      tensor('classifier.weight', 2, 16),
      { ...tensor('features.10.weight', 16, 16), data: new Float32Array(256).fill(10) },
      { ...tensor('features.9.weight', 16, 16), data: new Float32Array(256).fill(9) },
    ])
    const { format, weights } = await importModel(file, 'file', { spec })
    expect(format).toBe('pytorch')
    expect(weights.map(({ data }) => data[1])).toEqual([9, 0, 10, 0, 16, 1])
  })

  it('needs a model', async () => {
    expect(await messageOf(writeSafetensors([tensor('a.weight', 2, 2)]))).toBe(
      'file: the file has weights and no model; name the model that they belong to',
    )
  })

  it('is refused where a layer has no module, or a module no layer', async () => {
    expect(await messageOf(writeSafetensors([tensor('a.weight', 3, 2)]), { spec })).toBe(
      'file: no weight is left for dense_1, expected [16, 16], got a [3, 2]; name the model that the weights belong to',
    )
    const file = writeSafetensors([
      tensor('a.weight', 16, 16),
      tensor('b.weight', 16, 16),
      tensor('c.weight', 2, 16),
      tensor('d.weight', 5),
    ])
    expect(await messageOf(file, { spec })).toMatch(
      /^file: module d, which the model has no layer for, cannot be imported/,
    )
    expect(await messageOf(writeSafetensors([tensor('running_mean', 5)]), { spec })).toMatch(
      /^file: tensor running_mean cannot be imported, expected weights and biases alone/,
    )
  })

  it('is named where the weights are those of another model', async () => {
    const file = writeSafetensors(weightsOf(lenet5()))
    expect(await messageOf(file, { spec })).toBe(
      'file: expected 6 tensors, got 10; use weights saved from this model',
    )
  })

  it('is no reason to name a model where the file has one', async () => {
    const [file] = await exportModel(spec, weightsOf(spec), { to: 'onnx' })
    expect(await messageOf(file!.bytes, { spec })).toBe(
      'file: the file describes its model itself, expected no other model, got two; leave the model out',
    )
  })
})
