import { useEffect, useRef } from 'preact/hooks'
import { prepareDigit } from '@mnist-lab/data'
import { digit, sampleLabel, showDigit } from '../lab.ts'

const SIDE = 280
const STROKE = 20

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true })!
}

/** A square to draw in with mouse, finger or pen. */
export function DrawPad() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const pen = useRef<number | undefined>(undefined)
  const shown = digit.value
  const foreign = sampleLabel.value !== undefined
  useEffect(() => {
    // Cleared, or a test image took the drawing's place.
    if (shown === undefined || foreign) contextOf(canvas.current!).clearRect(0, 0, SIDE, SIDE)
  }, [shown, foreign])

  const at = (event: PointerEvent): readonly [number, number] => {
    const { left, top, width } = canvas.current!.getBoundingClientRect()
    const zoom = SIDE / width
    return [(event.clientX - left) * zoom, (event.clientY - top) * zoom]
  }
  const draw = (event: PointerEvent, begin: boolean) => {
    const context = contextOf(canvas.current!)
    context.lineWidth = STROKE
    context.lineCap = context.lineJoin = 'round'
    context.strokeStyle = '#ffffff'
    if (begin) {
      context.beginPath()
      context.moveTo(...at(event))
    }
    // Between two frames a pen sends more points than one.
    for (const part of event.getCoalescedEvents?.() ?? [event]) context.lineTo(...at(part))
    // A dot: a line of no length is not drawn.
    if (begin) context.lineTo(at(event)[0] + 0.1, at(event)[1])
    context.stroke()
    showDigit(prepareDigit(context.getImageData(0, 0, SIDE, SIDE), 'drawing'))
  }
  return (
    <canvas
      class="pad"
      ref={canvas}
      width={SIDE}
      height={SIDE}
      role="img"
      aria-label="Drawing area; with the keyboard, take a test image instead"
      onPointerDown={(event) => {
        if (event.button !== 0) return
        canvas.current!.setPointerCapture(event.pointerId)
        pen.current = event.pointerId
        if (sampleLabel.value !== undefined) contextOf(canvas.current!).clearRect(0, 0, SIDE, SIDE)
        draw(event, true)
      }}
      onPointerMove={(event) => {
        if (pen.current === event.pointerId) draw(event, false)
      }}
      onPointerUp={() => {
        pen.current = undefined
      }}
      onPointerCancel={() => {
        pen.current = undefined
      }}
    />
  )
}
