import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { Heap } from './heap.js'
import { FLOORS, multiply, NARROW, PANEL, panelBytes } from './products.js'
import type { Call, TensorFlow } from './tensorflow.js'

type Shape4 = [number, number, number, number]
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]

interface ConvAttrs {
  readonly strides: number | [number, number]
  readonly pad: Pad
  readonly dataFormat: string
  readonly dilations?: number | [number, number]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** How many bytes of images are worked on at a time, so that they stay in the cache. */
const CHUNK = 128 * 1024

/**
 * Holds the sizes of a convolution in the units of the kernels. `rows` and `columns` are the size
 * of the part of the padded image that the windows read, which may be smaller than the image.
 */
class Convolution {
  readonly info: backend_util.Conv2DInfo
  readonly rows: number
  readonly columns: number
  /** How many numbers a row of the kernel has. */
  readonly taps: number
  /** Whether all windows lie within the image, so that no padded copy is needed. */
  readonly inside: boolean

  constructor(info: backend_util.Conv2DInfo) {
    this.info = info
    this.rows = Math.max(0, (info.outHeight - 1) * info.strideHeight + info.filterHeight)
    this.columns = Math.max(0, (info.outWidth - 1) * info.strideWidth + info.filterWidth)
    this.taps = info.filterWidth * info.inChannels
    const {
      padInfo: { top, left },
      inHeight,
      inWidth,
    } = info
    this.inside = top === 0 && left === 0 && this.rows <= inHeight && this.columns <= inWidth
  }

  get imageBytes(): number {
    return this.info.inHeight * this.inRowBytes
  }

  get inRowBytes(): number {
    return this.info.inWidth * this.info.inChannels * 4
  }

  /** The bytes of a row of the image as it is read. */
  get rowBytes(): number {
    return this.inside ? this.inRowBytes : this.columns * this.info.inChannels * 4
  }

  get readBytes(): number {
    return this.inside ? this.imageBytes : this.rows * this.rowBytes
  }

  get outPixels(): number {
    return this.info.outHeight * this.info.outWidth
  }

  /**
   * Returns how many images to work on at a time.
   *
   * @param bytes how much of the cache one image takes
   */
  chunk(bytes: number): number {
    return Math.max(1, Math.min(this.info.batchSize, Math.floor(CHUNK / bytes)))
  }

  /** Copies images into the padded images, whose border is 0 already, or back. */
  copyImages(heap: Heap, from: number, to: number, images: number, back: boolean): void {
    const {
      inHeight,
      inWidth,
      inChannels,
      padInfo: { top, left },
    } = this.info
    const [height, width] = [
      Math.min(inHeight, this.rows - top),
      Math.min(inWidth, this.columns - left),
    ]
    const row = this.columns * inChannels * 4
    const corner = top * row + left * inChannels * 4
    const [theirs, padded] = [
      [this.imageBytes, this.inRowBytes],
      [this.rows * row, row],
    ] as const
    if (back)
      heap.kernels.copyRows(
        from + corner,
        ...padded,
        to,
        ...theirs,
        images,
        height,
        Math.max(0, width * inChannels),
      )
    else
      heap.kernels.copyRows(
        from,
        ...theirs,
        to + corner,
        ...padded,
        images,
        height,
        Math.max(0, width * inChannels),
      )
  }
}

/**
 * Describes a convolution.
 *
 * @returns undefined for calls that stay with TensorFlow.js's own kernel: layouts other than NHWC,
 * dilated kernels, numbers other than float32
 */
function convolution(
  tf: TensorFlow,
  tensors: readonly (TensorInfo | undefined)[],
  x: readonly number[],
  filter: readonly number[],
  attrs: ConvAttrs,
): Convolution | undefined {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attrs
  if (
    dataFormat !== 'NHWC' ||
    tensors.some((tensor) => tensor !== undefined && tensor.dtype !== 'float32')
  )
    return undefined
  const info = tf.backend_util.computeConv2DInfo(
    [...x] as Shape4,
    [...filter] as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  )
  return info.dilationHeight === 1 && info.dilationWidth === 1 ? new Convolution(info) : undefined
}

/**
 * Computes `Conv2D` and `FusedConv2D`: for each pixel of the output, the rows of its window times
 * those of the kernel.
 */
export function conv2D(
  heap: Heap,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { x, filter, bias } = inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo }
  const { activation = 'linear', ...rest } = attrs as unknown as ConvAttrs & { activation?: string }
  const floor = FLOORS[activation]
  const conv = convolution(tf, [x, filter, bias], x.shape, filter.shape, rest)
  // TensorFlow.js's own kernel runs on all its threads.
  if (floor === undefined || conv === undefined || heap.threaded) return undefined
  const {
    batchSize,
    outHeight,
    outWidth,
    outChannels,
    inChannels,
    filterHeight,
    strideHeight,
    strideWidth,
  } = conv.info
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outChannels))
    return undefined

  const output = heap.output([batchSize, outHeight, outWidth, outChannels])
  const { kernels } = heap
  const narrow = outChannels < NARROW
  const columns = Math.max(outChannels, NARROW)
  const numbers = filterHeight * conv.taps
  const chunk = conv.chunk(conv.readBytes + conv.outPixels * columns * 4)
  const [pixels, kernelRows, padded, panel, wideFilter, wideBias, wide] = heap.scratch(
    chunk * conv.outPixels * 4,
    filterHeight * 4,
    conv.inside ? 0 : chunk * conv.readBytes,
    panelBytes(chunk * conv.outPixels, numbers, columns),
    ...(narrow
      ? [numbers * columns * 4, columns * 4, chunk * conv.outPixels * columns * 4]
      : [0, 0, 0]),
  ) as [number, number, number, number, number, number, number]
  kernels.offsets(
    pixels,
    chunk,
    conv.readBytes,
    outHeight,
    strideHeight * conv.rowBytes,
    outWidth,
    strideWidth * inChannels * 4,
  )
  kernels.offsets(kernelRows, 1, 0, 1, 0, filterHeight, conv.rowBytes)
  if (!conv.inside) kernels.zero(padded, chunk * conv.readBytes)
  const widen = (tensor: TensorInfo, to: number, rows: number) => {
    if (!narrow) return heap.at(tensor)
    kernels.copyRows(heap.at(tensor), 0, outChannels * 4, to, 0, columns * 4, 1, rows, outChannels)
    return to
  }
  const [weights, start] = [
    widen(filter, wideFilter, numbers),
    bias === undefined ? 0 : widen(bias, wideBias, 1),
  ]
  for (let first = 0; first < batchSize; first += chunk) {
    const images = Math.min(chunk, batchSize - first)
    const theirs = heap.at(x) + first * conv.imageBytes
    if (!conv.inside) conv.copyImages(heap, theirs, padded, images, false)
    const to = heap.at(output) + first * conv.outPixels * outChannels * 4
    multiply(heap, panel, {
      a: conv.inside ? theirs : padded,
      rowOffsets: pixels,
      rows: images * conv.outPixels,
      runOffsets: kernelRows,
      runs: filterHeight,
      run: conv.taps,
      aStep: 4,
      b: weights,
      columns,
      c: narrow ? wide : to,
      bias: start,
      floor,
    })
    if (narrow)
      kernels.copyRows(
        wide,
        0,
        columns * 4,
        to,
        0,
        outChannels * 4,
        1,
        images * conv.outPixels,
        outChannels,
      )
  }
  return output
}

/**
 * Computes `Conv2DBackpropFilter`: for each number of the kernel, it multiplies the input that this
 * number is multiplied with by the gradient of the output, and sums the products over all outputs.
 */
export function conv2DBackpropFilter(
  heap: Heap,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
  const { filterShape, ...rest } = attrs as unknown as ConvAttrs & { filterShape: Shape4 }
  const conv = convolution(tf, [x, dy], x.shape, filterShape, rest)
  if (conv === undefined) return undefined
  const {
    batchSize,
    outHeight,
    outWidth,
    outChannels,
    inChannels,
    filterHeight,
    strideHeight,
    strideWidth,
  } = conv.info

  const output = heap.output(filterShape)
  const { kernels } = heap
  const narrow = outChannels < NARROW
  const columns = Math.max(outChannels, NARROW)
  const numbers = filterHeight * conv.taps
  const chunk = conv.chunk(conv.readBytes + conv.outPixels * columns * 4)
  const [taps, lines, padded, wide, sum, part, panel] = heap.scratch(
    numbers * 4,
    chunk * outHeight * 4,
    conv.inside ? 0 : chunk * conv.readBytes,
    narrow ? chunk * conv.outPixels * columns * 4 : 0,
    narrow ? numbers * columns * 4 : 0,
    numbers * columns * 4,
    panelBytes(numbers, chunk * conv.outPixels, columns),
  ) as [number, number, number, number, number, number, number]
  kernels.offsets(taps, 1, 0, filterHeight, conv.rowBytes, conv.taps, 4)
  kernels.offsets(lines, 1, 0, chunk, conv.readBytes, outHeight, strideHeight * conv.rowBytes)
  if (!conv.inside) kernels.zero(padded, chunk * conv.readBytes)
  const [from, gradient, to] = [heap.at(x), heap.at(dy), narrow ? sum : heap.at(output)]
  if (batchSize === 0) kernels.zero(to, numbers * columns * 4)
  for (let first = 0; first < batchSize; first += chunk) {
    const images = Math.min(chunk, batchSize - first)
    const theirs = from + first * conv.imageBytes
    if (!conv.inside) conv.copyImages(heap, theirs, padded, images, false)
    const pixels = gradient + first * conv.outPixels * outChannels * 4
    if (narrow)
      kernels.copyRows(
        pixels,
        0,
        outChannels * 4,
        wide,
        0,
        columns * 4,
        1,
        images * conv.outPixels,
        outChannels,
      )
    multiply(heap, panel, {
      a: conv.inside ? theirs : padded,
      rowOffsets: taps,
      rows: numbers,
      runOffsets: lines,
      runs: images * outHeight,
      run: outWidth,
      aStep: strideWidth * inChannels * 4,
      b: narrow ? wide : pixels,
      columns,
      c: first === 0 ? to : part,
      bias: 0,
      floor: -Infinity,
    })
    if (first > 0) kernels.add(part, to, numbers * columns)
  }
  if (narrow)
    kernels.copyRows(
      sum,
      0,
      columns * 4,
      heap.at(output),
      0,
      outChannels * 4,
      1,
      numbers,
      outChannels,
    )
  return output
}

/** Computes `Conv2DBackpropInput`; see `assembly/input-gradient.ts`. */
export function conv2DBackpropInput(
  heap: Heap,
  { inputs, attrs }: Call,
  tf: TensorFlow,
): TensorInfo | undefined {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo }
  const { inputShape, ...rest } = attrs as unknown as ConvAttrs & { inputShape: Shape4 }
  const conv = convolution(tf, [dy, filter], inputShape, filter.shape, rest)
  if (conv === undefined) return undefined
  const { batchSize, outHeight, outWidth, outChannels, inHeight, inWidth, inChannels, padInfo } =
    conv.info
  const { filterHeight, strideHeight, strideWidth } = conv.info

  const output = heap.output(inputShape)
  const { kernels } = heap
  const panels = Math.ceil(conv.taps / PANEL)
  const rowBytes = conv.columns * inChannels * 4
  const paddedBytes = conv.rows * rowBytes
  const bytes = outChannels * PANEL * 4
  const chunk = conv.chunk(2 * (paddedBytes + conv.outPixels * outChannels * 4))
  const [from, to, zero, weights, padded] = heap.scratch(
    chunk * outHeight * 4,
    chunk * outHeight * 4,
    4,
    filterHeight * panels * bytes,
    chunk * paddedBytes + 32,
  ) as [number, number, number, number, number]
  kernels.offsets(from, 1, 0, 1, 0, chunk * outHeight, outWidth * outChannels * 4)
  kernels.offsets(to, 1, 0, chunk, paddedBytes, outHeight, strideHeight * rowBytes)
  kernels.zero(zero, 4)
  kernels.zero(weights, filterHeight * panels * bytes)
  for (let row = 0, to = weights; row < filterHeight; row++)
    for (let tap = 0; tap < conv.taps; tap += PANEL, to += bytes) {
      const theirs = heap.at(filter) + (row * conv.taps + tap) * outChannels * 4
      kernels.transpose(theirs, to, Math.min(PANEL, conv.taps - tap), outChannels, PANEL * 4)
    }
  const dx = heap.at(output)
  // The loop below does not write pixels that no window reads.
  if (conv.rows - padInfo.top < inHeight || conv.columns - padInfo.left < inWidth)
    kernels.zero(dx, batchSize * conv.imageBytes)
  for (let first = 0; first < batchSize; first += chunk) {
    const images = Math.min(chunk, batchSize - first)
    kernels.zero(padded, images * paddedBytes + 32)
    kernels.inputGradient(
      heap.at(dy) + first * conv.outPixels * outChannels * 4,
      from,
      images * outHeight,
      outWidth,
      outChannels,
      weights,
      filterHeight,
      panels,
      padded,
      to,
      rowBytes,
      strideWidth * inChannels * 4,
      zero,
    )
    conv.copyImages(heap, padded, dx + first * conv.imageBytes, images, true)
  }
  return output
}
