import { inferShapes, type LayerInfo } from './infer-shapes.js'
import type { ModelSpec } from './spec.js'

/** In Keras layout; in float64 for finite differences. */
export type ReferenceWeights = readonly {
  readonly name: string
  readonly data: ArrayLike<number>
}[]

/**
 * Logits of one image, by the definitions, in float64: slow, and what fast ones are held to. Dropout does nothing.
 *
 * @param image normalised, [height, width, channels]
 */
export function referenceLogits(
  spec: ModelSpec,
  weights: ReferenceWeights,
  image: ArrayLike<number>,
): number[] {
  return referenceLayers(spec, weights, image).at(-1)!
}

/** What every layer makes of an image, as {@link referenceLogits} computes it; a softmax layer hands its logits on. */
export function referenceLayers(
  spec: ModelSpec,
  weights: ReferenceWeights,
  image: ArrayLike<number>,
): number[][] {
  const parameters = new Map(weights.map(({ name, data }) => [name, data]))
  let x = Array.from(image)
  return inferShapes(spec).map((info) => (x = outputOf(info, x, parameters)))
}

function outputOf(
  info: LayerInfo,
  x: number[],
  parameters: ReadonlyMap<string, ArrayLike<number>>,
): number[] {
  const kernel = parameters.get(`${info.name}/kernel`)
  const bias = parameters.get(`${info.name}/bias`)
  switch (info.layer.type) {
    case 'conv2d':
      return slide(info, (o, taps) =>
        taps.reduce((sum, { at, tap }) => {
          const inputs = info.inputShape[2]!
          for (let i = 0; i < inputs; i++)
            sum += x[at * inputs + i]! * kernel![(tap * inputs + i) * bias!.length + o]!
          return sum
        }, bias![o]!),
      )
    case 'avgPool2d':
      return slide(
        info,
        (o, taps) =>
          taps.reduce((sum, { at }) => sum + x[at * info.inputShape[2]! + o]!, 0) / taps.length,
      )
    case 'maxPool2d':
      return slide(info, (o, taps) =>
        Math.max(...taps.map(({ at }) => x[at * info.inputShape[2]! + o]!)),
      )
    case 'dense':
      return Array.from(bias!, (start: number, o) =>
        x.reduce((sum, value, i) => sum + value * kernel![i * bias!.length + o]!, start),
      )
    case 'tanh':
      return x.map(Math.tanh)
    case 'relu':
      return x.map((value) => Math.max(0, value))
    case 'dropout':
    case 'flatten':
    case 'softmax':
      return x
  }
}

interface Tap {
  readonly at: number
  readonly tap: number
}

/** Calls `each` for every output; `at` is a pixel of the input inside it, `tap` its place in the window. */
function slide(info: LayerInfo, each: (channel: number, taps: readonly Tap[]) => number): number[] {
  const { size, stride, padding } = info.window!
  const [height, width] = info.inputShape as [number, number, number]
  const [outHeight, outWidth, channels] = info.outputShape as [number, number, number]
  const output: number[] = []
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const taps: Tap[] = []
      for (let kh = 0; kh < size[0]; kh++) {
        for (let kw = 0; kw < size[1]; kw++) {
          const y = row * stride[0] + kh - padding.top
          const x = column * stride[1] + kw - padding.left
          if (y >= 0 && y < height && x >= 0 && x < width)
            taps.push({ at: y * width + x, tap: kh * size[1] + kw })
        }
      }
      for (let channel = 0; channel < channels; channel++) output.push(each(channel, taps))
    }
  }
  return output
}
