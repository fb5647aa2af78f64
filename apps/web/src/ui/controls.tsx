import { pause, resume, start, stop } from '../lab.ts'
import {
  comparing,
  current,
  download,
  finished,
  latestSteps,
  phase,
  phaseTitle,
  refusals,
  settings,
} from '../state.ts'

/** Shows the state of the run, and the buttons that train and pause it. */
export function Controls() {
  const run = current.value?.run
  const last = run?.epochs.at(-1)
  const steps = latestSteps.value
  const refused = refusals.value.train !== undefined
  return (
    <section class="card controls" aria-labelledby="now-title">
      <div class="state">
        <h2 id="now-title">{phaseTitle.value}</h2>
        <div class="buttons">
          {phase.value === 'training' || phase.value === 'evaluating' ? (
            <>
              <button type="button" class="primary" onClick={pause}>
                Pause
              </button>
              <button type="button" onClick={stop}>
                Stop
              </button>
            </>
          ) : current.value === undefined ? (
            <button type="button" class="primary" disabled={refused} onClick={start}>
              Train
            </button>
          ) : (
            <button type="button" class="primary" disabled={refused} onClick={resume}>
              {finished.value ? trainMore() : 'Resume'}
            </button>
          )}
        </div>
      </div>
      <EpochBar />
      <dl class="figures">
        <Figure
          name="Images per second"
          value={
            steps === undefined ? '–' : Math.round(steps.imagesPerSecond).toLocaleString('en-US')
          }
        />
        <Figure
          name="Time per step"
          value={
            steps === undefined
              ? '–'
              : `${steps.msPerStep < 10 ? steps.msPerStep.toFixed(2) : Math.round(steps.msPerStep)} ms`
          }
        />
        <Figure name="Training loss" value={steps?.point.loss.toFixed(4) ?? '–'} />
        <Figure
          name="Test accuracy"
          value={
            last?.validation === undefined
              ? '–'
              : `${(last.validation.accuracy * 100).toFixed(2)} %`
          }
          strong
        />
      </dl>
      {comparing.value && <p class="hint">{refusals.value.train}</p>}
      {current.value !== undefined && (
        <p class="hint run-facts">
          {current.value.info.backend} on {current.value.info.device}, {current.value.info.simd},{' '}
          {current.value.info.threads} thread{current.value.info.threads === 1 ? '' : 's'}; seed{' '}
          {run!.plan.seed}, batch size {run!.plan.batchSize}
        </p>
      )}
    </section>
  )
}

function trainMore(): string {
  const { epochs } = settings.value
  // The field may be empty for a moment.
  if (!Number.isInteger(epochs)) return 'Train more epochs'
  return `Train ${epochs} more epoch${epochs === 1 ? '' : 's'}`
}

function EpochBar() {
  if (phase.value === 'loading') {
    const { bytes = 0, total = 0 } = download.value ?? {}
    const megabytes = (count: number) => (count / 1e6).toFixed(1)
    return (
      <label class="bar">
        <progress {...(total > 0 ? { value: bytes, max: total } : {})} />
        <span>
          {bytes === 0
            ? 'MNIST'
            : `MNIST: ${megabytes(bytes)}${total > 0 ? ` of ${megabytes(total)}` : ''} MB`}
        </span>
      </label>
    )
  }
  const steps = latestSteps.value
  const run = current.value?.run
  return (
    <label class="bar">
      <progress value={steps?.step ?? 0} max={steps?.stepsPerEpoch ?? 1} />
      <span>
        {steps === undefined || run === undefined
          ? 'Epoch'
          : `Epoch ${steps.epoch} of ${run.epochsPlanned}: step ${steps.step} of ${steps.stepsPerEpoch}`}
      </span>
    </label>
  )
}

function Figure({
  name,
  value,
  strong = false,
}: {
  readonly name: string
  readonly value: string
  readonly strong?: boolean
}) {
  return (
    <div class={strong ? 'figure strong' : 'figure'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
