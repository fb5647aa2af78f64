/** One value a pixel, row-major, any range. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

/** Resizes by area averaging: a target pixel is the mean of the source under it, edges weighted by their share. */
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
