import { DataError } from './data-error.js'

/** An image in the form in which canvases and PNG decoders return it. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  /** [height, width, 4], 0 to 255, alpha not premultiplied */
  readonly data: Uint8Array | Uint8ClampedArray
}

const SIDE = 28
const BOX = 20
/**
 * A distance from the background below this, of 255, is not ink, even if the whole image is faint.
 */
const LEAST_CONTRAST = 24

/**
 * Converts a picture of one handwritten digit to the form of MNIST's images: light on dark, fitted
 * into 20×20 with its aspect ratio kept, anti-aliased, and its centre of mass moved to the centre
 * of 28×28 (LeCun et al., "Gradient-based learning applied to document recognition", 1998). The
 * picture may have any size, be grey or in colour, and dark on light or light on dark.
 *
 * Every pixel that differs from the background counts as ink. The background is taken from the
 * picture's border, so the digit should not touch all of it.
 *
 * @param name the name of the image, for errors
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
 * Puts a transparent image on a background that contrasts with it: black for light strokes,
 * otherwise white.
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
 * Returns how much ink each pixel holds: its distance from the background's colour in the channel
 * where that is largest, minus the unevenness of the background, which is measured along the
 * border.
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
  // Four upper quartiles are 4.6 standard deviations of noise, and more than the whole range of an
  // even slope of light.
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

/** Cuts an image down to the rectangle that holds all of its ink. */
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

/**
 * Places an image in 28×28 by whole pixels. Its centre of mass comes to the middle of pixel [14,
 * 14], as in MNIST's files, and its brightest pixel becomes 255.
 */
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

/** A grey image: one value per pixel, row-major, in any range. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

/**
 * Resizes an image by area averaging: each pixel becomes the mean of the source under it, and
 * pixels at the edge count by the share that is covered.
 */
export function areaResize(image: GreyImage, width: number, height: number): GreyImage {
  const narrow = averageRows(image, width)
  return transpose(averageRows(transpose(narrow), height))
}

function averageRows({ width, height, values }: GreyImage, target: number): GreyImage {
  const result = new Float32Array(target * height)
  const span = width / target
  for (let x = 0; x < target; x++) {
    const from = x * span
    const to = Math.min((x + 1) * span, width)
    for (let source = Math.floor(from); source < to; source++) {
      const share = (Math.min(source + 1, to) - Math.max(source, from)) / span
      for (let y = 0; y < height; y++)
        result[y * target + x]! += share * values[y * width + source]!
    }
  }
  return { width: target, height, values: result }
}

function transpose({ width, height, values }: GreyImage): GreyImage {
  const result = new Float32Array(values.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!
  return { width: height, height: width, values: result }
}
