import { DataError } from './data-error.js'
import { areaResize, type GreyImage } from './area-resize.js'

/** An image as canvases and PNG decoders give it. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  /** [height, width, 4], 0 to 255, alpha not premultiplied */
  readonly data: Uint8Array | Uint8ClampedArray
}

const SIDE = 28
const BOX = 20
/** Distances from the background below this, of 255, are not ink however faint the rest is. */
const LEAST_CONTRAST = 24

/**
 * An image of one handwritten digit, of any size, grey or in colour, dark on light or light on dark, in the form that
 * MNIST's makers gave theirs: light on dark, fitted into 20×20 with its aspect ratio kept, anti-aliased, and its centre
 * of mass moved to the centre of 28×28 (LeCun et al., "Gradient-based learning applied to document recognition", 1998).
 *
 * What differs from the background is ink, and the image's border shows the background: the digit should not fill it.
 *
 * @param name for errors
 * @returns [28, 28], 0 to 255
 * @throws DataError when the image is blank
 * @throws RangeError when `data` does not fit the size
 */
export function prepareDigit(image: RgbaImage, name = 'image'): Uint8Array {
  const { width, height, data } = image
  if (data.length === 0 || data.length !== width * height * 4) {
    throw new RangeError(`${name}: ${width}×${height} RGBA cannot be ${data.length} bytes`)
  }
  const ink = inkOf(flatten(image), name)
  const digit = crop(ink)
  const scale = BOX / Math.max(digit.width, digit.height)
  const fitted = areaResize(
    digit,
    Math.max(1, Math.round(digit.width * scale)),
    Math.max(1, Math.round(digit.height * scale)),
  )
  return centre(fitted)
}

/**
 * Lays a transparent image on what contrasts with it: white, but black under light strokes on a clear ground.
 *
 * @returns [height, width, 3]
 */
function flatten({ width, height, data }: RgbaImage): {
  width: number
  height: number
  rgb: Float32Array
} {
  let opacity = 0
  let light = 0
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]! / 255
    opacity += alpha
    light += alpha * (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!)
  }
  const mostlyClear = opacity < (width * height) / 2
  const ground = mostlyClear && light > 128 * opacity ? 0 : 255
  const rgb = new Float32Array(width * height * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3]! / 255
    for (let c = 0; c < 3; c++) rgb[to + c] = alpha * data[from + c]! + (1 - alpha) * ground
  }
  return { width, height, rgb }
}

/**
 * How much ink a pixel holds: its distance from the background's colour in the channel where that is largest, less the
 * background's own unevenness as the border shows it.
 */
function inkOf(
  { width, height, rgb }: { width: number; height: number; rgb: Float32Array },
  name: string,
): GreyImage {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x)
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1)
  const ground = [0, 1, 2].map((c) =>
    quantile(
      border.map((pixel) => rgb[pixel * 3 + c]!),
      0.5,
    ),
  )
  const values = new Float32Array(width * height)
  let most = 0
  for (let i = 0; i < values.length; i++) {
    let distance = 0
    for (let c = 0; c < 3; c++)
      distance = Math.max(distance, Math.abs(rgb[i * 3 + c]! - ground[c]!))
    values[i] = distance
    most = Math.max(most, distance)
  }
  if (most < LEAST_CONTRAST) {
    throw new DataError({
      where: name,
      what: 'the image is blank',
      expected: `contrast of ${LEAST_CONTRAST} or more of 255`,
      got: `${Math.round(most)}`,
      hint: 'use a picture of one digit on a plain background',
    })
  }
  // Four upper quartiles are 4.6 standard deviations of noise, and more than the whole range of an even slope of light.
  const floor = Math.min(
    4 *
      quantile(
        border.map((pixel) => values[pixel]!),
        0.75,
      ),
    most / 2,
  )
  for (let i = 0; i < values.length; i++) values[i] = Math.max(0, values[i]! - floor)
  return { width, height, values }
}

function crop({ width, height, values }: GreyImage): GreyImage {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x] === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = y
    }
  }
  const cropped = { width: right - left + 1, height: bottom - top + 1 }
  const rows = Array.from({ length: cropped.height }, (_, y) => (top + y) * width + left)
  const target = new Float32Array(cropped.width * cropped.height)
  rows.forEach((start, y) =>
    target.set(values.subarray(start, start + cropped.width), y * cropped.width),
  )
  return { ...cropped, values: target }
}

/** Into 28×28 by whole pixels, the centre of mass at the middle of pixel [14, 14] as in MNIST's files, the brightest at 255. */
function centre({ width, height, values }: GreyImage): Uint8Array {
  let [mass, massX, massY, most] = [0, 0, 0, 0]
  values.forEach((value, i) => {
    mass += value
    massX += value * (i % width)
    massY += value * Math.floor(i / width)
    most = Math.max(most, value)
  })
  const left = clamp(Math.round(SIDE / 2 - massX / mass), 0, SIDE - width)
  const top = clamp(Math.round(SIDE / 2 - massY / mass), 0, SIDE - height)
  const digit = new Uint8Array(SIDE * SIDE)
  values.forEach((value, i) => {
    digit[(top + Math.floor(i / width)) * SIDE + left + (i % width)] = Math.round(
      (255 * value) / most,
    )
  })
  return digit
}

function quantile(values: readonly number[], q: number): number {
  return Float32Array.from(values).sort()[Math.floor(q * (values.length - 1))]!
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
