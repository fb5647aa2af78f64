import type { LayerOutput } from '@mnist-lab/models'
import { reading } from '../lab.ts'
import { channelOf, HeatMap, largestOf } from './heat-map.tsx'

/** They show what the layer before them has shown. */
const SILENT: ReadonlySet<LayerOutput['type']> = new Set(['flatten', 'dropout'])
const ROW = 24

/** What every layer makes of the drawing. */
export function Layers() {
  const layers = reading.value?.layers.filter(({ type }) => !SILENT.has(type))
  if (layers === undefined) return null
  return (
    <div class="layers">
      <h3>Layer by layer</h3>
      <ol>
        {layers.map((layer) => (
          <li key={layer.name}>
            <span class="layer-name">
              {layer.name}
              <small>{layer.shape.join('×')}</small>
            </span>
            <span class="maps">{layer.shape.length === 3 ? channels(layer) : features(layer)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function channels({ name, shape, data }: LayerOutput) {
  const [height, width, count] = shape as [number, number, number]
  const scale = largestOf(data)
  return Array.from({ length: count }, (_, channel) => (
    <HeatMap
      key={channel}
      values={channelOf(data, height * width, count, channel)}
      width={width}
      height={height}
      scale={scale}
      zoom={Math.max(1, Math.round(42 / height))}
      label={`${name}, channel ${channel + 1}`}
    />
  ))
}

function features({ name, shape, data }: LayerOutput) {
  const count = shape[0]!
  const width = Math.min(count, ROW)
  const height = Math.ceil(count / width)
  const padded = new Float32Array(width * height)
  padded.set(data)
  return (
    <HeatMap
      values={padded}
      width={width}
      height={height}
      zoom={10}
      label={`${name}: ${count} numbers`}
    />
  )
}
