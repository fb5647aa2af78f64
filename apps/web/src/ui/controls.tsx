import {
  busy,
  current,
  download,
  pause,
  phase,
  progress,
  resume,
  start,
  stop,
  stopped,
} from '../lab.ts'

const SAYS: Readonly<Record<typeof phase.value, string>> = {
  idle: 'Nothing trained yet',
  loading: 'Loading MNIST',
  opening: 'Starting the engine',
  training: 'Training',
  evaluating: 'Testing on 10,000 images',
  ready: '',
}

/** What a run has come to, and the buttons that move it. */
export function Controls() {
  const run = current.value?.run
  const last = run?.epochs.at(-1)
  const steps = progress.value
  return (
    <section class="card controls" aria-labelledby="now-title">
      <div class="state">
        <h2 id="now-title">{title()}</h2>
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
            <button type="button" class="primary" disabled={busy.value} onClick={start}>
              Train
            </button>
          ) : (
            <button type="button" class="primary" disabled={busy.value} onClick={resume}>
              {through() || stopped.value ? 'Train on' : 'Resume'}
            </button>
          )}
        </div>
      </div>
      <EpochBar />
      <dl class="figures">
        <Figure
          name="Images a second"
          value={
            steps === undefined ? '–' : Math.round(steps.imagesPerSecond).toLocaleString('en-US')
          }
        />
        <Figure
          name="Step"
          value={
            steps === undefined
              ? '–'
              : `${steps.msPerStep < 10 ? steps.msPerStep.toFixed(2) : Math.round(steps.msPerStep)} ms`
          }
        />
        <Figure name="Training loss" value={steps?.points.at(-1)?.loss.toFixed(4) ?? '–'} />
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
      {current.value !== undefined && (
        <p class="hint">
          {current.value.info.backend} on {current.value.info.device}, {current.value.info.simd},{' '}
          {current.value.info.threads} thread{current.value.info.threads === 1 ? '' : 's'}; seed{' '}
          {run!.plan.seed}, batch {run!.plan.batchSize}
        </p>
      )}
    </section>
  )
}

function through(): boolean {
  const run = current.value?.run
  return run !== undefined && run.epochs.length >= run.epochsPlanned
}

function title(): string {
  if (phase.value !== 'ready') return SAYS[phase.value]
  return through()
    ? `Trained for ${current.value!.run.epochs.length} epoch${current.value!.run.epochs.length === 1 ? '' : 's'}`
    : stopped.value
      ? 'Stopped'
      : 'Paused'
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
  const steps = progress.value
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
