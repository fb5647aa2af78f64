import { useEffect, useRef } from 'preact/hooks'

/** The properties of {@link HeatMap}. */
export interface HeatMapProps {
  /** The values, [height · width], row by row. */
  readonly values: ArrayLike<number>
  readonly width: number
  readonly height: number
  /** The absolute value that is drawn in full colour. @default the largest absolute value */
  readonly scale?: number
  /** The size of a value in CSS pixels. */
  readonly zoom: number
  /** Draws values above zero in white, like ink. */
  readonly ink?: boolean
  readonly label: string
}

const NEGATIVE = [213, 94, 0] as const
const POSITIVE = [0, 114, 178] as const
const INK = [255, 255, 255] as const

/**
 * Draws numbers as a picture: blue above zero, orange below, transparent at zero. These are Okabe
 * and Ito's colours, which can be told apart with any colour vision.
 */
export function HeatMap({ values, width, height, scale, zoom, ink = false, label }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!
    const largest = scale ?? largestOf(values)
    const image = context.createImageData(width, height)
    for (let i = 0; i < width * height; i++) {
      const value = values[i]!
      image.data.set(value < 0 ? NEGATIVE : ink ? INK : POSITIVE, i * 4)
      image.data[i * 4 + 3] = largest === 0 ? 0 : Math.min(255, (Math.abs(value) / largest) * 255)
    }
    context.putImageData(image, 0, 0)
  }, [values, width, height, scale, ink])
  return (
    <canvas
      class="heat"
      ref={canvas}
      width={width}
      height={height}
      style={{ width: `${width * zoom}px`, height: `${height * zoom}px` }}
      role="img"
      aria-label={label}
    />
  )
}

/** Returns the largest absolute value. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}

/** Returns one channel of [height, width, channels]. */
export function channelOf(
  data: ArrayLike<number>,
  pixels: number,
  channels: number,
  channel: number,
): Float32Array {
  return Float32Array.from({ length: pixels }, (_, pixel) => data[pixel * channels + channel]!)
}
