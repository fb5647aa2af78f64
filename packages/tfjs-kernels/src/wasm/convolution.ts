import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type ConvAttrs, describeConvolution, type Shape4 } from './convolution-geometry.js'
import type { Heap } from './heap.js'
import { FLOORS, multiply, NARROW, PANEL, panelBytes } from './products.js'
import type { Call, TensorFlow } from './tensorflow.js'

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
  const conv = describeConvolution(tf, [x, filter, bias], x.shape, filter.shape, rest)
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
  const conv = describeConvolution(tf, [x, dy], x.shape, filterShape, rest)
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
  const conv = describeConvolution(tf, [dy, filter], inputShape, filter.shape, rest)
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
