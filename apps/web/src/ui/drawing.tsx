import { current, digit, phase, reading, sampleLabel, showDigit, showSample } from '../lab.ts'
import { DrawPad } from './draw-pad.tsx'
import { HeatMap } from './heat-map.tsx'
import { Layers } from './layers.tsx'

/** A digit of the user's own, and what the model makes of it while it trains. */
export function Drawing() {
  return (
    <section class="card wide drawing" aria-labelledby="drawing-title">
      <h2 id="drawing-title">Draw a digit</h2>
      <div class="drawing-parts">
        <div>
          <DrawPad />
          <div class="buttons">
            <button
              type="button"
              onClick={() => showDigit(undefined)}
              disabled={digit.value === undefined}
            >
              Clear
            </button>
            <button type="button" onClick={showSample}>
              A test image
            </button>
          </div>
        </div>
        <div class="seen">
          <h3>As the model sees it</h3>
          {digit.value === undefined ? (
            <div class="blank" />
          ) : (
            <HeatMap
              values={digit.value}
              width={28}
              height={28}
              scale={255}
              zoom={4}
              ink
              label="the drawing as MNIST's makers would have prepared it: 28 by 28"
            />
          )}
          {sampleLabel.value !== undefined && (
            <p class="hint">A test image: it is a {sampleLabel.value}.</p>
          )}
        </div>
        <Probabilities />
      </div>
      <Layers />
    </section>
  )
}

function Probabilities() {
  const now = reading.value
  const probabilities = now?.probabilities ?? new Float32Array(10)
  const best = probabilities.indexOf(Math.max(...probabilities))
  return (
    <div class="probabilities">
      <h3>
        {now === undefined ? (
          'Probabilities'
        ) : (
          <>
            It is a <strong class="verdict">{best}</strong>
          </>
        )}
      </h3>
      <ol class="bars">
        {Array.from(probabilities, (probability, label) => (
          <li key={label} class={now !== undefined && label === best ? 'best' : ''}>
            <span>{label}</span>
            <span class="track">
              <span style={{ width: `${probability * 100}%` }} />
            </span>
            <span>{now === undefined ? '' : `${(probability * 100).toFixed(1)} %`}</span>
          </li>
        ))}
      </ol>
      {now === undefined && (
        <p class="hint">
          {current.value === undefined && phase.value === 'idle'
            ? 'Train a model first, or open a run.'
            : 'Draw, or take a test image.'}
        </p>
      )}
    </div>
  )
}
