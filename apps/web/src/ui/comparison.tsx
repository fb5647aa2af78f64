import { signal } from '@preact/signals'
import type { BenchCell, BenchResult } from '@mnist-lab/bench'
import { showProblem } from '../lab.ts'
import { backends, comparing, problem, refusals, settings } from '../state.ts'
import { downloadFile } from '../user-files.ts'

const chosen = signal<ReadonlySet<string>>(new Set(['fused', 'wasm']))
const repetitions = signal(3)
const seconds = signal(1)
/** The step of the comparison that is being executed. */
const statusLine = signal('')
const result = signal<BenchResult | undefined>(undefined)
let abort: AbortController | undefined

/** Compares how long backends take for one training step, as `pnpm bench` does. */
export function Comparison() {
  const running = comparing.value
  const refusal = refusals.value.compare
  const available = backends.value.filter(({ probe }) => probe.ok)
  return (
    <section class="card wide" aria-labelledby="bench-title">
      <h2 id="bench-title">Compare backends</h2>
      <p class="hint">
        Measures one training step of {settings.value.model} at batch size{' '}
        {settings.value.batchSize}. The backends take turns, and each repetition runs in a fresh
        worker. The time is the median, with the median absolute deviation (MAD). Parity is the
        largest difference between a backend’s loss and that of TensorFlow.js’s own <code>cpu</code>{' '}
        backend over the same steps.
      </p>
      <form
        class="bench-form"
        onSubmit={(event) => {
          event.preventDefault()
          void run(available.map(({ name }) => name).filter((name) => chosen.value.has(name)))
        }}
      >
        <fieldset class="inline" disabled={running}>
          <legend class="hidden">Backends to compare</legend>
          {available.map(({ name }) => (
            <label class="check" key={name}>
              <input
                type="checkbox"
                checked={chosen.value.has(name)}
                onChange={({ currentTarget }) => {
                  const next = new Set(chosen.value)
                  if (currentTarget.checked) next.add(name)
                  else next.delete(name)
                  chosen.value = next
                }}
              />
              {name}
            </label>
          ))}
          <label class="field small">
            Repetitions
            <input
              type="number"
              min={1}
              max={100}
              required
              value={repetitions.value}
              onChange={({ currentTarget }) => {
                repetitions.value = currentTarget.valueAsNumber
              }}
            />
          </label>
          <label class="field small">
            Seconds per repetition
            <input
              type="number"
              min={0.1}
              max={60}
              step="any"
              required
              value={seconds.value}
              onChange={({ currentTarget }) => {
                seconds.value = currentTarget.valueAsNumber
              }}
            />
          </label>
        </fieldset>
        <div class="buttons">
          {running ? (
            <button type="button" onClick={() => abort?.abort()}>
              Stop
            </button>
          ) : (
            <button
              type="submit"
              class="primary"
              disabled={refusal !== undefined || chosen.value.size === 0}
            >
              Compare
            </button>
          )}
          {result.value !== undefined && !running && (
            <button type="button" onClick={save}>
              Download JSON
            </button>
          )}
        </div>
      </form>
      {!running && refusal !== undefined && <p class="hint">{refusal}</p>}
      {running && (
        <p class="hint" role="status">
          {statusLine.value}
        </p>
      )}
      {result.value !== undefined && <Table result={result.value} />}
    </section>
  )
}

async function run(backends: readonly string[]): Promise<void> {
  if (backends.length === 0 || refusals.value.compare !== undefined) return
  comparing.value = true
  abort = new AbortController()
  statusLine.value = 'Loading the benchmark …'
  problem.value = undefined
  try {
    const { benchHere } = await import('../bench.ts')
    result.value = await benchHere(
      { backends, repetitions: repetitions.value, seconds: seconds.value },
      abort.signal,
      (progress) => {
        if (progress.type !== 'started') return
        const { request, done, left } = progress
        const purpose =
          request.purpose === 'measure' ? `repetition ${request.repetition}` : 'check of parity'
        statusLine.value = `${done + 1} of ${done + left}: ${request.backend}, ${purpose}`
      },
    )
  } catch (error) {
    showProblem(error)
  } finally {
    comparing.value = false
  }
}

function save(): void {
  downloadFile(
    new Blob([`${JSON.stringify(result.value)}\n`], { type: 'application/json' }),
    'bench.json',
  )
}

function Table({ result: { cells, status } }: { readonly result: BenchResult }) {
  const slowest = Math.max(...cells.map((cell) => (cell.status === 'ok' ? cell.step.medianMs : 0)))
  return (
    <div class="scroll">
      <table class="results">
        {status === 'interrupted' && (
          <caption>The comparison was stopped. These are the results until then.</caption>
        )}
        <thead>
          <tr>
            <th scope="col">Backend</th>
            <th scope="col" class="number">
              ms per step ± MAD
            </th>
            <th scope="col">
              <span class="hidden">Bar</span>
            </th>
            <th scope="col" class="number">
              Images per second
            </th>
            <th scope="col" class="number">
              Parity
            </th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => (
            <Row cell={cell} slowest={slowest} key={cell.backend} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ cell, slowest }: { readonly cell: BenchCell; readonly slowest: number }) {
  if (cell.status !== 'ok')
    return (
      <tr>
        <th scope="row">{cell.backend}</th>
        <td colSpan={4}>
          {cell.status}: {cell.reason}
        </td>
      </tr>
    )
  const { medianMs, madMs } = cell.step
  const digits = (ms: number) => ms.toPrecision(3)
  return (
    <tr>
      <th scope="row">
        {cell.backend}
        <small>
          {cell.device}, {cell.simd}, {cell.threads} thread{cell.threads === 1 ? '' : 's'}
        </small>
      </th>
      <td class="number">
        {digits(medianMs)} ± {digits(madMs)}
      </td>
      <td class="bar-cell">
        <span style={{ width: `${(medianMs / slowest) * 100}%` }} />
      </td>
      <td class="number">
        {Math.round((cell.batchSize / medianMs) * 1000).toLocaleString('en-US')}
      </td>
      <td class="number">
        {cell.parity.ok ? '✓' : '✗'} {cell.parity.maxLossDelta.toExponential(1)}
      </td>
    </tr>
  )
}
