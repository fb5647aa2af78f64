// The sliding windows of convolutions and poolings: their padding, the size of their output, and
// the pixels that they cover.
import { ModelError } from './model-error.js'

/** A pair [height, width]. */
export type Pair = readonly [height: number, width: number]

/**
 * The padding of a convolution: `valid` for none, `same` as in TensorFlow, or a number of zeros on
 * every side as in PyTorch.
 */
export type Padding = 'valid' | 'same' | number

/** The sliding window of a convolution or pooling. */
export interface Window {
  readonly size: Pair
  readonly stride: Pair
  /** Rows and columns of zeros added on each side. Zero for pooling. */
  readonly padding: {
    readonly top: number
    readonly bottom: number
    readonly left: number
    readonly right: number
  }
}

/** Returns [n, n] for n, and a pair as it is. */
export function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value
}

/** Returns the window of a layer's options on an input of this size. */
export function windowOf(
  options: {
    readonly size: number | Pair
    readonly stride: number | Pair
    readonly padding: Padding
  },
  [height, width]: Pair,
): Window {
  const size = pair(options.size)
  const stride = pair(options.stride)
  const [top, bottom] = padSide(options.padding, height, size[0], stride[0])
  const [left, right] = padSide(options.padding, width, size[1], stride[1])
  return { size, stride, padding: { top, bottom, left, right } }
}

/**
 * Returns the zeros before and after one side. `same` is TensorFlow's rule: ceil(size / stride)
 * outputs, and where the number of zeros is odd, one more after than before.
 */
function padSide(
  padding: Padding,
  size: number,
  kernel: number,
  stride: number,
): readonly [before: number, after: number] {
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return [padding, padding]
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/**
 * Returns the output's size: how many positions the window has in each direction.
 *
 * @param noun the name of the window in the error: `kernel` or `window`
 * @param where the layer, for the error
 * @throws ModelError when the window is larger than the padded input
 */
export function outputSize(
  { size, stride, padding }: Window,
  [height, width]: Pair,
  noun: string,
  where: string,
): Pair {
  const padded = [
    height + padding.top + padding.bottom,
    width + padding.left + padding.right,
  ] as const
  if (size[0] > padded[0] || size[1] > padded[1]) {
    const note = padded[0] === height && padded[1] === width ? '' : ' (padding included)'
    throw new ModelError({
      where,
      what: `${noun} ${size[0]}×${size[1]} is larger than its input ${padded[0]}×${padded[1]}${note}`,
      hint: 'make it smaller, or pool less before it',
    })
  }
  return [
    Math.floor((padded[0] - size[0]) / stride[0]) + 1,
    Math.floor((padded[1] - size[1]) / stride[1]) + 1,
  ]
}

/** A pixel that a window covers. */
export interface Tap {
  /** The pixel's index in the input, row by row. */
  readonly pixel: number
  /** Its index in the window, row by row. */
  readonly offset: number
}

/**
 * Returns the pixels of the input that the window covers at each position, row by row. The zeros of
 * the padding are not included.
 */
export function tapsOf(
  { size, stride, padding }: Window,
  [height, width]: Pair,
  [outHeight, outWidth]: Pair,
): readonly (readonly Tap[])[] {
  const positions: Tap[][] = []
  for (let row = 0; row < outHeight; row++) {
    for (let column = 0; column < outWidth; column++) {
      const taps: Tap[] = []
      for (let kh = 0; kh < size[0]; kh++) {
        for (let kw = 0; kw < size[1]; kw++) {
          const y = row * stride[0] + kh - padding.top
          const x = column * stride[1] + kw - padding.left
          if (y >= 0 && y < height && x >= 0 && x < width)
            taps.push({ pixel: y * width + x, offset: kh * size[1] + kw })
        }
      }
      positions.push(taps)
    }
  }
  return positions
}
