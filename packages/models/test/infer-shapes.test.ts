import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  customMlp,
  inferShapes,
  type Layer,
  lenet5,
  lenet5Regularized,
  type ModelSpec,
  type Padding,
} from '../src/index.js'

function spec(...layers: Layer[]): ModelSpec {
  return { name: 'net', inputShape: [8, 10, 2], layers }
}

const head: Layer[] = [{ type: 'flatten' }, { type: 'dense', units: 3 }]

describe('inferShapes', () => {
  it('follows LeNet-5', () => {
    expect(inferShapes(lenet5()).map(({ name, outputShape }) => [name, outputShape])).toEqual([
      ['conv2d_1', [28, 28, 6]],
      ['tanh_1', [28, 28, 6]],
      ['avg_pool2d_1', [14, 14, 6]],
      ['conv2d_2', [10, 10, 16]],
      ['tanh_2', [10, 10, 16]],
      ['avg_pool2d_2', [5, 5, 16]],
      ['flatten_1', [400]],
      ['dense_1', [120]],
      ['tanh_3', [120]],
      ['dense_2', [84]],
      ['tanh_4', [84]],
      ['dense_3', [10]],
      ['softmax_1', [10]],
    ])
  })

  it('puts dropout where the study has it', () => {
    const types = (model: ModelSpec) => model.layers.map(({ type }) => type).join(' ')
    const hidden = 'dense dropout relu '
    expect(types(customMlp())).toBe(`flatten ${hidden.repeat(7)}dense softmax`)
    expect(types(lenet5Regularized())).toBe(
      'conv2d relu maxPool2d dropout conv2d relu maxPool2d dropout flatten ' +
        'dense relu dropout dense relu dropout dense softmax',
    )
  })

  it('fits the models to other images and classes', () => {
    const options = { inputShape: [32, 32, 3], classes: 47 } as const
    for (const model of [lenet5(options), lenet5Regularized(options), customMlp(options)]) {
      expect(inferShapes(model).at(-1)?.outputShape).toEqual([47])
    }
  })

  // Rows and columns from TensorFlow's documentation of SAME: the odd zero goes to the bottom and
  // right.
  it.each<[Padding, number, number | [number, number], number[], object]>([
    ['valid', 3, 1, [6, 8, 4], { top: 0, bottom: 0, left: 0, right: 0 }],
    ['same', 3, 1, [8, 10, 4], { top: 1, bottom: 1, left: 1, right: 1 }],
    ['same', 4, 1, [8, 10, 4], { top: 1, bottom: 2, left: 1, right: 2 }],
    ['same', 3, 2, [4, 5, 4], { top: 0, bottom: 1, left: 0, right: 1 }],
    ['same', 3, [2, 3], [4, 4, 4], { top: 0, bottom: 1, left: 1, right: 1 }],
    ['same', 1, 3, [3, 4, 4], { top: 0, bottom: 0, left: 0, right: 0 }],
    [2, 5, 1, [8, 10, 4], { top: 2, bottom: 2, left: 2, right: 2 }],
  ])(
    'resolves padding %s of kernel %s, stride %s',
    (padding, kernelSize, stride, outputShape, expected) => {
      const [conv] = inferShapes(
        spec({ type: 'conv2d', filters: 4, kernelSize, stride, padding }, ...head),
      )
      expect(conv?.outputShape).toEqual(outputShape)
      expect(conv?.window?.padding).toEqual(expected)
    },
  )

  it('gives `same` padding ceil(size / stride) outputs', () => {
    const side = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(side, side, side, (size, kernelSize, stride) => {
        const layers: Layer[] = [
          { type: 'conv2d', filters: 1, kernelSize, stride, padding: 'same' },
          ...head,
        ]
        const { outputShape, window } = inferShapes({
          name: 'net',
          inputShape: [size, size, 1],
          layers,
        })[0]!
        expect(outputShape[0]).toBe(Math.ceil(size / stride))
        expect(window!.padding.bottom - window!.padding.top).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('leaves out pixels that do not fill a pooling window', () => {
    const [pool] = inferShapes(spec({ type: 'maxPool2d', poolSize: 3 }, ...head))
    expect(pool).toMatchObject({ outputShape: [2, 3, 2], window: { size: [3, 3], stride: [3, 3] } })
    const [overlapping] = inferShapes(
      spec({ type: 'avgPool2d', poolSize: [3, 2], stride: 1 }, ...head),
    )
    expect(overlapping?.outputShape).toEqual([6, 9, 2])
  })

  it.each<[string, ModelSpec, string]>([
    [
      'too large a kernel',
      spec({ type: 'conv2d', filters: 1, kernelSize: 9 }, ...head),
      'net layer 1 (conv2d_1): kernel 9×9 is larger than its input 8×10; make it smaller, or pool less before it',
    ],
    [
      'too large a window',
      spec({ type: 'relu' }, { type: 'avgPool2d', poolSize: [2, 11] }, ...head),
      'net layer 2 (avg_pool2d_1): window 2×11 is larger than its input 8×10; make it smaller, or pool less before it',
    ],
    [
      'too large a kernel for the padding',
      spec({ type: 'conv2d', filters: 1, kernelSize: 11, padding: 1 }, ...head),
      'net layer 1 (conv2d_1): kernel 11×11 is larger than its input 10×12 (padding included); make it smaller, or pool less before it',
    ],
    [
      'dense on an image',
      spec({ type: 'dense', units: 2 }),
      'net layer 1 (dense_1): dense takes a list of features, expected [features], got [8, 10, 2]; add flatten before it',
    ],
    [
      'a convolution behind flatten',
      spec({ type: 'flatten' }, { type: 'conv2d', filters: 1, kernelSize: 1 }),
      'net layer 2 (conv2d_1): it takes an image, expected [height, width, channels], got [160]; move it before flatten',
    ],
    [
      'a second flatten',
      spec(...head, { type: 'flatten' }),
      'net layer 3 (flatten_2): its input [3] is already flat; remove it',
    ],
    [
      'softmax in the middle',
      spec({ type: 'flatten' }, { type: 'softmax' }, { type: 'dense', units: 2 }),
      'net layer 2 (softmax_1): softmax is allowed as the last layer only; move it to the end',
    ],
    [
      'softmax on an image',
      spec({ type: 'softmax' }),
      'net layer 1 (softmax_1): softmax takes a list of classes, expected [classes], got [8, 10, 2]; add flatten and dense before it',
    ],
    [
      'an image as output',
      spec({ type: 'relu' }),
      "net: the last layer's output is not a list of classes, expected [classes], got [8, 10, 2]; add flatten and dense at the end",
    ],
    [
      'a layer that no memory holds',
      spec({ type: 'flatten' }, { type: 'dense', units: 1e9 }),
      'net layer 2 (dense_1): too large, expected at most 268435456 numbers, got 160000000000; make it smaller',
    ],
    [
      'many layers that no memory holds together',
      spec(
        { type: 'flatten' },
        ...Array.from({ length: 4 }, () => ({ type: 'dense', units: 10_000 }) as const),
      ),
      'net: the model is too large, expected at most 268435456 weights, got 301640000; make its layers smaller, or leave some out',
    ],
    [
      'many outputs that no memory holds together',
      {
        ...spec(
          { type: 'relu' },
          { type: 'relu' },
          { type: 'maxPool2d', poolSize: 10_000 },
          { type: 'flatten' },
          { type: 'dense', units: 2 },
        ),
        inputShape: [10_000, 10_000, 1],
      },
      'net: the model is too large, expected at most 268435456 numbers in its input and all outputs, got 300000003; make its layers smaller, or leave some out',
    ],
    [
      'a wrong value',
      customMlp({ dropout: 1.5 }),
      'custom-mlp at layers[2].rate: expected a number from 0 to below 1, got 1.5; correct it',
    ],
  ])('names the layer of %s', (_, model, message) => {
    expect(() => inferShapes(model)).toThrow(
      expect.objectContaining({ name: 'ModelError', message }),
    )
  })
})
