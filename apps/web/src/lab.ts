import { computed, effect, signal } from '@preact/signals'
import type { SessionInfo } from '@mnist-lab/backends'
import type { RunFiles, RunResult } from '@mnist-lab/train'
import type {
  BackendOffer,
  FromWorker,
  Phase,
  Places,
  Reading,
  RunSettings,
  ToWorker,
} from './messages.ts'

// What the page knows. The worker tells it; components read it.

export const places: Places = {
  dataUrl: new URL('mnist/', document.baseURI).href,
  wasmUrl: new URL('tfjs-wasm/', document.baseURI).href,
}

export const settings = signal<RunSettings>({
  model: 'lenet5',
  backend: 'fused',
  threads: 1,
  batchSize: 32,
  learningRate: 0.01,
  momentum: 0.9,
  loss: 'softmaxCrossEntropy',
  seed: 1,
  epochs: 1,
  images: 60_000,
})
export const offers = signal<readonly BackendOffer[]>([])
export const isolated = signal(false)
export const cores = signal(1)
export const phase = signal<Phase>('idle')
export const busy = computed(() => phase.value !== 'idle' && phase.value !== 'ready')
export const download = signal<{ readonly bytes: number; readonly total: number } | undefined>(
  undefined,
)

export interface CurrentRun {
  readonly run: RunResult
  readonly info: SessionInfo
  readonly stepsPerEpoch: number
  readonly compileMs: number
}
/** Whether the run was ended by hand. */
export const stopped = signal(false)
export const current = signal<CurrentRun | undefined>(undefined)
export const progress = signal<(FromWorker & { readonly type: 'steps' }) | undefined>(undefined)
export const filters = signal<(FromWorker & { readonly type: 'filters' }) | undefined>(undefined)
export const confusion = signal<(FromWorker & { readonly type: 'confusion' }) | undefined>(
  undefined,
)
export const reading = signal<Reading | undefined>(undefined)
export const digit = signal<Uint8Array | undefined>(undefined)
export const sampleLabel = signal<number | undefined>(undefined)
export const problem = signal<{ readonly message: string; readonly mendable: boolean } | undefined>(
  undefined,
)
/** Said to screen readers: what changes rarely. */
export const announcement = signal('')
/** Whether there is a trained state that no file holds. */
export const unsaved = signal(false)

/** The curves' points, in epochs; replaced as points come. */
export interface Curves {
  readonly at: readonly number[]
  readonly loss: readonly number[]
  readonly accuracy: readonly number[]
  readonly test: readonly {
    readonly at: number
    readonly loss: number
    readonly accuracy: number
  }[]
}
const NO_CURVES: Curves = { at: [], loss: [], accuracy: [], test: [] }
export const curves = signal<Curves>(NO_CURVES)

const worker = new Worker(new URL('./worker/training-worker.ts', import.meta.url), {
  type: 'module',
})
const send = (message: ToWorker): void => worker.postMessage(message)

const fileListeners: ((files: Required<RunFiles>, name: string) => void)[] = []

const HEARD: {
  readonly [Type in FromWorker['type']]: (message: FromWorker & { readonly type: Type }) => void
} = {
  offers(message) {
    offers.value = message.offers
    isolated.value = message.isolated
    cores.value = message.cores
    const best = message.offers.find(({ probe }) => probe.ok)
    const chosen = message.offers.find(({ name }) => name === settings.value.backend)
    settings.value = {
      ...settings.value,
      threads: message.isolated ? Math.min(4, message.cores) : 1,
      ...(chosen?.probe.ok === true || best === undefined ? {} : { backend: best.name }),
    }
  },
  phase(message) {
    if (
      message.phase !== phase.value &&
      (message.phase === 'training' || message.phase === 'ready')
    )
      announcement.value = message.phase === 'training' ? 'Training' : 'Training stands still'
    phase.value = message.phase
    if (message.phase !== 'loading') download.value = undefined
  },
  download(message) {
    download.value = message
  },
  run(message) {
    stopped.value = false
    current.value = message
    progress.value = undefined
    filters.value = undefined
    confusion.value = undefined
    reading.value = undefined
    curves.value = {
      ...NO_CURVES,
      test: message.run.epochs.flatMap(({ epoch, validation }) =>
        validation === undefined
          ? []
          : [{ at: epoch, loss: validation.loss, accuracy: validation.accuracy }],
      ),
    }
  },
  steps(message) {
    progress.value = message
    unsaved.value = true
    const { at, loss, accuracy, test } = curves.value
    curves.value = {
      at: [...at, ...message.points.map((point) => point.at)],
      loss: [...loss, ...message.points.map((point) => point.loss)],
      accuracy: [...accuracy, ...message.points.map((point) => point.accuracy)],
      test,
    }
  },
  epoch({ figures }) {
    const { epoch, validation } = figures
    const now = current.value!
    current.value = { ...now, run: { ...now.run, epochs: [...now.run.epochs, figures] } }
    if (validation === undefined) return
    curves.value = {
      ...curves.value,
      test: [
        ...curves.value.test,
        { at: epoch, loss: validation.loss, accuracy: validation.accuracy },
      ],
    }
    announcement.value = `Epoch ${epoch}: test accuracy ${(validation.accuracy * 100).toFixed(2)} percent`
  },
  ended({ run }) {
    current.value = { ...current.value!, run }
  },
  filters(message) {
    filters.value = message
  },
  confusion(message) {
    confusion.value = message
  },
  reading(message) {
    if (digit.value !== undefined) reading.value = message.reading
  },
  sample({ image, label }) {
    digit.value = image
    sampleLabel.value = label
  },
  files({ files, name }) {
    for (const listener of fileListeners.splice(0)) listener(files, name)
  },
  error({ message, mendable }) {
    problem.value = { message, mendable }
  },
}

worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) =>
  (HEARD[data.type] as (message: FromWorker) => void)(data),
)
worker.addEventListener('error', ({ message }) => {
  problem.value = { message: `the training worker failed: ${message}`, mendable: false }
})
effect(() => {
  document.title = phase.value === 'training' ? 'Training · mnist-lab' : 'mnist-lab'
})
globalThis.addEventListener('beforeunload', (event) => {
  if (unsaved.value) event.preventDefault()
})
send({ type: 'begin', places })

export function start(): void {
  problem.value = undefined
  send({ type: 'start', settings: settings.value })
}

export function pause(): void {
  send({ type: 'pause' })
}

/** Ends the run. What it has come to can still be looked at, saved, and trained on. */
export function stop(): void {
  stopped.value = true
  send({ type: 'stop' })
}

/** Goes on; a run that is through gets as many epochs more as the form says. */
export function resume(): void {
  problem.value = undefined
  stopped.value = false
  const { run } = current.value!
  send({
    type: 'resume',
    epochs:
      run.epochs.length < run.epochsPlanned
        ? run.epochsPlanned
        : run.epochs.length + settings.value.epochs,
  })
}

/** Its files as they are now; a run that trains goes on afterwards. */
export function filesOfRun(): Promise<{
  readonly files: Required<RunFiles>
  readonly name: string
}> {
  return new Promise((resolve) => {
    fileListeners.push((files, name) => resolve({ files, name }))
    const training = busy.value
    if (training) send({ type: 'pause' })
    send({ type: 'save' })
    if (training) resume()
  })
}

export function openFiles(files: RunFiles): void {
  problem.value = undefined
  unsaved.value = false
  send({ type: 'open', files, backend: settings.value.backend, threads: settings.value.threads })
}

export function showDigit(image: Uint8Array | undefined): void {
  digit.value = image
  sampleLabel.value = undefined
  if (image === undefined) reading.value = undefined
  send(image === undefined ? { type: 'digit' } : { type: 'digit', image })
}

export function showSample(): void {
  send({ type: 'sample' })
}
