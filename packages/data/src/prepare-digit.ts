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
 * Ink fainter than this share of the darkest does not count when the digit is cut out. JPEG leaves
 * such traces around strokes, up to a block of its grid away.
 */
const FAINT_INK = 0.04

/**
 * An image whose strokes are in its transparency has at least this share of clear pixels. Rounded
 * corners have less.
 */
const LEAST_CLEAR = 0.05
/** The share of the border that differs from the background beyond which a picture is in doubt. */
const DOUBTFUL_BORDER = 0.25
/** The share of the picture that differs from its border beyond which it is in doubt. */
const DOUBTFUL_INK = 0.5
/** The share of the pixels along an edge that have the same colour if it is a frame or a sheet. */
const EVEN_EDGE = 0.98
/**
 * A sheet of paper is covered with ink at most to this share. Of MNIST's test images, at most 0.38
 * of an image is ink.
 */
const MOST_INK = 0.4
/**
 * A digit of straight lines, such as an 8 of seven segments, is an even rectangle too. It is told
 * from a sheet by its holes: they fill their rectangle at least to the first share, and at least
 * the second share of them has the colour of the surroundings.
 */
const HOLE_FILL = 0.6
const HOLE_ALIKE = 0.8
/** A frame that takes at most this share of a picture is always one. No digit comes so close. */
const THIN_FRAME = 0.1
/** A picture may have a table, a sheet, a frame around it, and their blurred edges. */
const MOST_FRAMES = 8

/** Where {@link prepareDigit} tells what it doubts. */
export interface PrepareDigitOptions {
  /**
   * Called with a sentence about a picture that may have been misread, such as one whose border has
   * several colours.
   */
  readonly onDoubt?: (doubt: string) => void
}

/**
 * Converts a picture of one handwritten digit to the form of MNIST's images: light on dark, fitted
 * into 20×20 with its aspect ratio kept, anti-aliased, and its centre of mass moved to the centre
 * of 28×28 (LeCun et al., "Gradient-based learning applied to document recognition", 1998). The
 * picture may have any size, be grey or in colour, and dark on light or light on dark.
 *
 * Every pixel that differs from the background counts as ink. The background is what is transparent
 * if all that is opaque has one colour. Otherwise it is taken from the picture's border, so the
 * digit should not touch all of it. A frame, and a table around a sheet of paper, are cut off if
 * their edges are parallel to those of the picture.
 *
 * @param name the name of the image, for errors
 * @returns [28, 28], 0 to 255
 * @throws DataError when the image is blank
 * @throws RangeError when `data` does not fit the size
 */
export function prepareDigit(
  image: RgbaImage,
  name = 'image',
  { onDoubt }: PrepareDigitOptions = {},
): Uint8Array {
  const { width, height, data } = image
  if (data.length === 0 || data.length !== width * height * 4) {
    throw new RangeError(`${name}: ${width}×${height} RGBA cannot be ${data.length} bytes`)
  }
  const { ground, ...flat } = flatten(image)
  const sheet = ground === undefined ? withoutFrames(flat) : flat
  const digit = crop(inkOf(sheet, name, ground))
  if (ground === undefined && onDoubt !== undefined) tellDoubts(sheet, onDoubt)
  const scale = BOX / Math.max(digit.width, digit.height)
  const fitted = areaResize(
    digit,
    Math.max(1, Math.round(digit.width * scale)),
    Math.max(1, Math.round(digit.height * scale)),
  )
  return centre(fitted)
}

/** [height, width, 3], 0 to 255. */
interface RgbImage {
  readonly width: number
  readonly height: number
  readonly rgb: Float32Array
}

type Rgb = readonly [number, number, number]

/**
 * Puts a transparent image on a background that contrasts with it: black for light strokes,
 * otherwise white.
 *
 * @returns `ground`: that background, if the strokes are in the transparency
 */
function flatten({ width, height, data }: RgbaImage): RgbImage & { readonly ground?: Rgb } {
  let [opacity, light, clear, darkest, lightest] = [0, 0, 0, 255, 0]
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]! / 255
    const luminance = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
    opacity += alpha
    light += alpha * luminance
    if (alpha < 0.5) clear++
    else {
      darkest = Math.min(darkest, luminance)
      lightest = Math.max(lightest, luminance)
    }
  }
  const pixels = width * height
  const oneColour = lightest - darkest < LEAST_CONTRAST
  const inAlpha = oneColour && clear >= LEAST_CLEAR * pixels
  const mostlyClear = opacity < pixels / 2
  const ground = (inAlpha || mostlyClear) && light > 128 * opacity ? 0 : 255
  const rgb = new Float32Array(pixels * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3]! / 255
    for (let c = 0; c < 3; c++) rgb[to + c] = alpha * data[from + c]! + (1 - alpha) * ground
  }
  return { width, height, rgb, ...(inAlpha ? { ground: [ground, ground, ground] } : {}) }
}

/** A rectangle of pixels, both ends included. */
interface Rectangle {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * Cuts off a frame, or what lies around a sheet of paper. Such a rectangle has an edge of one
 * colour that differs from what is around it. The sheet is the innermost one that holds little ink;
 * a rectangle that holds much of another colour is a frame, or the digit itself.
 */
function withoutFrames(image: RgbImage): RgbImage {
  const whole = { left: 0, top: 0, right: image.width - 1, bottom: image.height - 1 }
  let [outer, sheet]: [Rectangle, Rectangle] = [whole, whole]
  for (let i = 0; i < MOST_FRAMES; i++) {
    const around = edgeColour(image, outer)
    if (shareLike(image, outer, around) < EVEN_EDGE) break
    const { box } = unlike(image, outer, around)
    if (box === undefined || shareLike(image, box, around) > 0.5) break
    const ground = edgeColour(image, box)
    if (shareLike(image, box, ground) < EVEN_EDGE) break
    const ink = unlike(image, box, ground)
    if (ink.box === undefined) break
    const holes =
      ink.count >= HOLE_FILL * areaOf(ink.box) &&
      areaOf(box) - unlike(image, box, around).count >= HOLE_ALIKE * ink.count
    const thin = areaOf(outer) - areaOf(box) <= THIN_FRAME * areaOf(outer)
    if (ink.count <= MOST_INK * areaOf(box) && (thin || !holes)) sheet = box
    outer = box
  }
  return sheet === whole ? image : cut(image, sheet)
}

function areaOf({ left, top, right, bottom }: Rectangle): number {
  return (right - left + 1) * (bottom - top + 1)
}

/** Returns the pixels along the edge of a rectangle. */
function edgeOf({ width }: RgbImage, { left, top, right, bottom }: Rectangle): number[] {
  const edge: number[] = []
  for (let x = left; x <= right; x++) edge.push(top * width + x, bottom * width + x)
  for (let y = top + 1; y < bottom; y++) edge.push(y * width + left, y * width + right)
  return edge
}

/** Returns the median colour along the edge of a rectangle. */
function edgeColour(image: RgbImage, rectangle: Rectangle): Rgb {
  const edge = edgeOf(image, rectangle)
  const median = (c: number) =>
    quantile(
      edge.map((pixel) => image.rgb[pixel * 3 + c]!),
      0.5,
    )
  return [median(0), median(1), median(2)]
}

/** Returns how far a pixel is from a colour, in the channel where that is most. */
function distanceTo({ rgb }: RgbImage, pixel: number, [red, green, blue]: Rgb): number {
  return Math.max(
    Math.abs(rgb[pixel * 3]! - red),
    Math.abs(rgb[pixel * 3 + 1]! - green),
    Math.abs(rgb[pixel * 3 + 2]! - blue),
  )
}

/** Returns the share of the edge of a rectangle that has this colour. */
function shareLike(image: RgbImage, rectangle: Rectangle, colour: Rgb): number {
  const edge = edgeOf(image, rectangle)
  const like = edge.filter((pixel) => distanceTo(image, pixel, colour) <= LEAST_CONTRAST)
  return like.length / edge.length
}

/** Returns how many pixels of a rectangle have another colour, and the rectangle around them. */
function unlike(
  image: RgbImage,
  { left, top, right, bottom }: Rectangle,
  colour: Rgb,
): { readonly count: number; readonly box: Rectangle | undefined } {
  let count = 0
  let box: Rectangle | undefined
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (distanceTo(image, y * image.width + x, colour) <= LEAST_CONTRAST) continue
      count++
      box =
        box === undefined
          ? { left: x, top: y, right: x, bottom: y }
          : x >= box.left && x <= box.right && y === box.bottom
            ? box
            : {
                left: Math.min(box.left, x),
                top: box.top,
                right: Math.max(box.right, x),
                bottom: y,
              }
    }
  }
  return { count, box }
}

function cut(image: RgbImage, { left, top, right, bottom }: Rectangle): RgbImage {
  const [width, height] = [right - left + 1, bottom - top + 1]
  const rgb = new Float32Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3
    rgb.set(image.rgb.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, rgb }
}

/**
 * Returns how much ink each pixel holds: its distance from the background's colour in the channel
 * where that is largest, minus the unevenness of the background, which is measured along the
 * border.
 *
 * @param known the background's colour. Default: the median along the border
 */
function inkOf(image: RgbImage, name: string, known?: Rgb): GreyImage {
  const { width, height } = image
  const whole = { left: 0, top: 0, right: width - 1, bottom: height - 1 }
  const ground = known ?? edgeColour(image, whole)
  const values = new Float32Array(width * height)
  let most = 0
  for (let i = 0; i < values.length; i++) {
    values[i] = distanceTo(image, i, ground)
    most = Math.max(most, values[i]!)
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
  if (known !== undefined) return { width, height, values }
  // Four upper quartiles are 4.6 standard deviations of noise, and more than the whole range of an
  // even slope of light.
  const floor = Math.min(
    4 *
      quantile(
        edgeOf(image, whole).map((pixel) => values[pixel]!),
        0.75,
      ),
    most / 2,
  )
  for (let i = 0; i < values.length; i++) values[i] = Math.max(0, values[i]! - floor)
  return { width, height, values }
}

/** Tells what may have been misread in a picture whose frames were cut off. */
function tellDoubts(image: RgbImage, onDoubt: (doubt: string) => void): void {
  const { width, height } = image
  const whole = { left: 0, top: 0, right: width - 1, bottom: height - 1 }
  const ground = edgeColour(image, whole)
  const border = 1 - shareLike(image, whole, ground)
  const hint = 'crop it to the digit and some plain background'
  if (border > DOUBTFUL_BORDER) {
    onDoubt(
      `${percent(border)} of the border differs from the background, so the picture may show a frame, a shadow or the edge of the paper; ${hint}`,
    )
    return
  }
  const covered = unlike(image, whole, ground).count / (width * height)
  if (covered > DOUBTFUL_INK) {
    onDoubt(
      `${percent(covered)} of the picture differs from its border, which may be a frame or a table; ${hint}`,
    )
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`
}

/** Cuts an image down to the rectangle that holds all of its ink, but for faint traces. */
function crop({ width, height, values }: GreyImage): GreyImage {
  const faint = FAINT_INK * values.reduce((most, value) => Math.max(most, value), 0)
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x]! <= faint) continue
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
