import { useEffect, useRef } from 'preact/hooks'
import { argmax } from '@mnist-lab/core'
import { prepareDigit } from '@mnist-lab/data'
import type { LayerOutput } from '@mnist-lab/models'
import { showDrawing, showTestImage } from '../lab.ts'
import { MAX_SHOWN_CLASSES } from '../messages.ts'
import { current, inputImage, prediction, testImageLabel } from '../state.ts'
import { channelOf, HeatMap, largestOf } from './heat-map.tsx'

/** The side of the drawing area in its own pixels, and the width of the pen. */
const SIDE = 280
const PEN_WIDTH = 20
/** The layers that only pass on the values of the layer before them. */
const UNCHANGED: ReadonlySet<LayerOutput['type']> = new Set(['flatten', 'dropout'])
/** The number of probabilities that are shown of a model with too many outputs to show all. */
const MOST_PROBABLE = 10
/** The number of features in a row of the picture of a layer without channels. */
const FEATURES_PER_ROW = 24

/** Lets the user draw a digit, and shows how the model classifies it while the model trains. */
export function Drawing() {
  return (
    <section class="card wide drawing" aria-labelledby="drawing-title">
      <h2 id="drawing-title">Draw a digit</h2>
      <div class="drawing-parts">
        <div>
          <DrawingArea />
          <div class="buttons">
            <button
              type="button"
              onClick={() => showDrawing(undefined)}
              disabled={inputImage.value === undefined}
            >
              Clear
            </button>
            <button type="button" onClick={showTestImage}>
              Show a test image
            </button>
          </div>
        </div>
        <div class="seen">
          <h3>Input of the model</h3>
          {inputImage.value === undefined ? (
            <div class="blank" />
          ) : (
            <HeatMap
              values={inputImage.value}
              width={28}
              height={28}
              scale={255}
              zoom={4}
              ink
              label="The image that the model gets: scaled to 28 by 28 pixels and centred, as in MNIST"
            />
          )}
          {testImageLabel.value !== undefined && (
            <p class="hint">This test image shows a {testImageLabel.value}.</p>
          )}
        </div>
        <Probabilities />
      </div>
      <Layers />
    </section>
  )
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true })!
}

function DrawingArea() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const pointer = useRef<number | undefined>(undefined)
  const image = inputImage.value
  const isTestImage = testImageLabel.value !== undefined
  useEffect(() => {
    if (image === undefined || isTestImage) contextOf(canvas.current!).clearRect(0, 0, SIDE, SIDE)
  }, [image, isTestImage])

  const positionOf = (event: PointerEvent): readonly [number, number] => {
    const { left, top, width } = canvas.current!.getBoundingClientRect()
    const zoom = SIDE / width
    return [(event.clientX - left) * zoom, (event.clientY - top) * zoom]
  }
  const draw = (event: PointerEvent, begin: boolean) => {
    const context = contextOf(canvas.current!)
    context.lineWidth = PEN_WIDTH
    context.lineCap = context.lineJoin = 'round'
    context.strokeStyle = '#ffffff'
    if (begin) {
      context.beginPath()
      context.moveTo(...positionOf(event))
    }
    // A pen can send several points between two frames.
    for (const part of event.getCoalescedEvents?.() ?? [event]) context.lineTo(...positionOf(part))
    // A line of no length is not drawn, so a dot needs a short one.
    if (begin) context.lineTo(positionOf(event)[0] + 0.1, positionOf(event)[1])
    context.stroke()
    showDrawing(prepareDigit(context.getImageData(0, 0, SIDE, SIDE), 'drawing'))
  }
  return (
    <canvas
      class="pad"
      ref={canvas}
      width={SIDE}
      height={SIDE}
      role="img"
      aria-label="Drawing area. If you use the keyboard, show a test image instead."
      onPointerDown={(event) => {
        if (event.button !== 0) return
        canvas.current!.setPointerCapture(event.pointerId)
        pointer.current = event.pointerId
        if (testImageLabel.value !== undefined)
          contextOf(canvas.current!).clearRect(0, 0, SIDE, SIDE)
        draw(event, true)
      }}
      onPointerMove={(event) => {
        if (pointer.current === event.pointerId) draw(event, false)
      }}
      onPointerUp={() => {
        pointer.current = undefined
      }}
      onPointerCancel={() => {
        pointer.current = undefined
      }}
    />
  )
}

function Probabilities() {
  const now = prediction.value
  const probabilities = now?.probabilities ?? new Float32Array(10)
  const best = argmax(probabilities)
  const all = Array.from(probabilities, (probability, label) => ({ probability, label }))
  const shown =
    all.length <= MAX_SHOWN_CLASSES
      ? all
      : all.toSorted((a, b) => b.probability - a.probability).slice(0, MOST_PROBABLE)
  return (
    <div class="probabilities">
      <h3>
        {now === undefined ? (
          'Probabilities'
        ) : (
          <>
            Prediction: <strong class="predicted">{best}</strong>
          </>
        )}
      </h3>
      <ol class="bars">
        {shown.map(({ probability, label }) => (
          <li key={label} class={now !== undefined && label === best ? 'best' : ''}>
            <span>{label}</span>
            <span class="track">
              <span style={{ width: `${probability * 100}%` }} />
            </span>
            <span>{now === undefined ? '' : `${(probability * 100).toFixed(1)} %`}</span>
          </li>
        ))}
      </ol>
      {shown.length < all.length && (
        <p class="hint">
          These are the {MOST_PROBABLE} most probable of {all.length.toLocaleString('en-US')}{' '}
          classes.
        </p>
      )}
      {now === undefined && (
        <p class="hint">
          {current.value === undefined
            ? 'Train a model or open a run first.'
            : 'Draw a digit or show a test image.'}
        </p>
      )}
    </div>
  )
}

/** Shows the output of every layer for the image. */
function Layers() {
  const layers = prediction.value?.layers.filter(({ type }) => !UNCHANGED.has(type))
  if (layers === undefined) return null
  return (
    <div class="layers">
      <h3>Output of each layer</h3>
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
  const width = Math.min(count, FEATURES_PER_ROW)
  const height = Math.ceil(count / width)
  const padded = new Float32Array(width * height)
  padded.set(data)
  return (
    <HeatMap
      values={padded}
      width={width}
      height={height}
      zoom={10}
      label={`${name}: ${count} features`}
    />
  )
}
