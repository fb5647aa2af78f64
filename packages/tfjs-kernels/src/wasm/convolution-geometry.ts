import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { Heap } from './heap.js'
import type { TensorFlow } from './tensorflow.js'

export type Shape4 = [number, number, number, number]
type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]

/** What TensorFlow.js says of a convolution beside its tensors. */
export interface ConvAttrs {
  readonly strides: number | [number, number]
  readonly pad: Pad
  readonly dataFormat: string
  readonly dilations?: number | [number, number]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Says how many bytes of images are worked on at a time, so that they stay in the cache. */
const CHUNK = 128 * 1024

/**
 * Holds the sizes of a convolution in the units of the kernels. `rows` and `columns` are the size
 * of the part of the padded image that the windows read, which may be smaller than the image.
 */
export class Convolution {
  readonly info: backend_util.Conv2DInfo
  readonly rows: number
  readonly columns: number
  /** Says how many numbers a row of the kernel has. */
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
export function describeConvolution(
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
