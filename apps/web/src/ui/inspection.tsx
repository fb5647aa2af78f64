import { MAX_SHOWN_CLASSES } from '../messages.ts'
import { confusion, filters } from '../state.ts'
import { channelOf, HeatMap, largestOf } from './heat-map.tsx'

// These views show the model while it trains: its first layer, and its confusion matrix.

/** The largest number of units whose weights are drawn. */
const MAX_UNITS = 64

/** Shows the weights of the first layer, one picture for each unit. */
export function FirstLayer() {
  const now = filters.value
  return (
    <section class="card" aria-labelledby="filters-title">
      <h2 id="filters-title">First layer’s weights</h2>
      <p class="hint">
        Each picture is one unit. <span class="key blue" /> positive <span class="key orange" />{' '}
        negative
      </p>
      <div class="tiles">
        {now === undefined ? (
          <p class="empty">The weights appear when training begins.</p>
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
  // A unit of a dense layer has a weight for each pixel of the image. A filter of a convolution has
  // its window; its first channel is drawn.
  const [height, width] =
    shape.length === 4 ? [shape[0]!, shape[1]!] : [Math.sqrt(inputs), Math.sqrt(inputs)]
  const stride = shape.length === 4 ? shape[2]! * count : count
  const scale = largestOf(data)
  return Array.from({ length: Math.min(count, MAX_UNITS) }, (_, unit) => (
    <HeatMap
      key={unit}
      values={channelOf(data, height * width, stride, unit)}
      width={width}
      height={height}
      scale={scale}
      zoom={width < 10 ? 16 : 2}
      label={`Weights of unit ${unit + 1}`}
    />
  ))
}

/** Shows how many test images of each class were classified as which class. */
export function ConfusionMatrix() {
  const now = confusion.value
  return (
    <section class="card" aria-labelledby="confusion-title">
      <h2 id="confusion-title">Confusion matrix</h2>
      {now === undefined ? (
        <p class="empty">The matrix appears when training begins.</p>
      ) : (
        <Matrix {...now} />
      )}
    </section>
  )
}

function Matrix({ counts, outputs, images, correct }: NonNullable<typeof confusion.value>) {
  const right = `${correct.toLocaleString('en-US')} of ${images.toLocaleString('en-US')} test images are classified correctly.`
  if (counts === undefined) {
    return (
      <p class="hint">
        {right} The matrix is too large to show: the model has {outputs.toLocaleString('en-US')}{' '}
        outputs, and the page shows at most {MAX_SHOWN_CLASSES}.
      </p>
    )
  }
  const classes = Array.from({ length: outputs }, (_, at) => at)
  return (
    <table class="confusion">
      <caption>{right} Rows are the true classes, columns the predicted classes.</caption>
      <thead>
        <tr>
          <td />
          {classes.map((column) => (
            <th scope="col" key={column}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((row) => {
          const own = counts.subarray(row * outputs, (row + 1) * outputs)
          const total = own.reduce((sum, count) => sum + count, 0)
          return (
            <tr key={row}>
              <th scope="row">{row}</th>
              {classes.map((column) => {
                const count = own[column]!
                const fraction = total === 0 ? 0 : count / total
                const strong = fraction > 0.5
                return (
                  <td
                    key={column}
                    class={row === column ? 'right' : 'wrong'}
                    style={{
                      '--strength': strong ? '100%' : `${Math.round(Math.sqrt(fraction) * 60)}%`,
                    }}
                    data-strong={strong}
                  >
                    {count === 0 ? '' : count}
                  </td>
                )
              })}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
