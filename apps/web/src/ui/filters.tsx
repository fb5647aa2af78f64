import { filters } from '../lab.ts'
import { channelOf, HeatMap, largestOf } from './heat-map.tsx'

/** As many as are drawn. */
const MOST = 64

/** The weights between the image and the first layer: what each of its units looks for. */
export function Filters() {
  const now = filters.value
  return (
    <section class="card" aria-labelledby="filters-title">
      <h2 id="filters-title">First layer</h2>
      <p class="hint">
        What each unit looks for: <span class="key blue" /> light here, <span class="key orange" />{' '}
        dark here.
      </p>
      <div class="tiles">
        {now === undefined ? (
          <p class="empty">Appears as soon as training begins.</p>
        ) : (
          tiles(now.shape, now.data)
        )}
      </div>
    </section>
  )
}

function tiles(shape: readonly number[], data: Float32Array) {
  const count = shape.at(-1)!
  const inputs = data.length / count
  // A dense first layer sees the whole image; a convolution a window of it, of the first channel.
  const [height, width] =
    shape.length === 4 ? [shape[0]!, shape[1]!] : [Math.sqrt(inputs), Math.sqrt(inputs)]
  const stride = shape.length === 4 ? shape[2]! * count : count
  const scale = largestOf(data)
  return Array.from({ length: Math.min(count, MOST) }, (_, unit) => (
    <HeatMap
      key={unit}
      values={channelOf(data, height * width, stride, unit)}
      width={width}
      height={height}
      scale={scale}
      zoom={width < 10 ? 16 : 2}
      label={`weights of unit ${unit + 1}`}
    />
  ))
}
