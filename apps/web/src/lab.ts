import { effect } from '@preact/signals'
import { isInputError, safeFileName } from '@mnist-lab/core'
import type { RunFiles } from '@mnist-lab/train'
import type { FromWorker, SiteUrls, ToWorker } from './messages.ts'
import {
  announcement,
  backends,
  confusion,
  cores,
  current,
  curves,
  download,
  filters,
  finished,
  inputImage,
  isolated,
  latestSteps,
  NO_CURVES,
  phase,
  phaseTitle,
  prediction,
  problem,
  refusals,
  saving,
  settings,
  stopped,
  testImageLabel,
  unsaved,
} from './state.ts'
import { downloadFile, unpackRun, zipRun } from './user-files.ts'

// Controls the training worker from the page: the user's actions, and the changes that each message
// of the worker makes.

export const urls: SiteUrls = {
  data: new URL('mnist/', document.baseURI).href,
  wasm: new URL('tfjs-wasm/', document.baseURI).href,
}

const worker = new Worker(new URL('./worker/training-worker.ts', import.meta.url), {
  type: 'module',
})
const post = (message: ToWorker): void => worker.postMessage(message)

type Saved = FromWorker & { readonly type: 'saved' }
/** The save that the worker has not answered yet. There is one at most. */
let awaitedSave:
  { readonly resolve: (saved: Saved) => void; readonly reject: (reason: Error) => void } | undefined

/** A failure in the worker. */
class ReportedError extends Error {
  readonly fixable: boolean

  constructor({ message, fixable }: { readonly message: string; readonly fixable: boolean }) {
    super(message)
    this.fixable = fixable
  }
}

/** Shows an error to the user. */
export function showProblem(error: unknown): void {
  problem.value = {
    message: error instanceof Error ? error.message : String(error),
    fixable: error instanceof ReportedError ? error.fixable : isInputError(error),
  }
}

function clearRun(): void {
  current.value = undefined
  stopped.value = false
  unsaved.value = false
  latestSteps.value = undefined
  filters.value = undefined
  confusion.value = undefined
  prediction.value = undefined
  curves.value = NO_CURVES
}

const handlers: {
  readonly [Type in FromWorker['type']]: (message: FromWorker & { readonly type: Type }) => void
} = {
  backends(message) {
    backends.value = message.backends
    isolated.value = message.isolated
    cores.value = message.cores
    const fastest = message.backends.find(({ probe }) => probe.ok)
    const chosen = message.backends.find(({ name }) => name === settings.value.backend)
    settings.value = {
      ...settings.value,
      threads: message.isolated ? Math.min(4, message.cores) : 1,
      ...(chosen?.probe.ok === true || fastest === undefined ? {} : { backend: fastest.name }),
    }
  },
  phase(message) {
    // The earlier run was closed for one that could not be opened.
    if (message.phase === 'idle') clearRun()
    const changed = message.phase !== phase.value
    phase.value = message.phase
    if (message.phase !== 'loading') download.value = undefined
    if (changed && (message.phase === 'training' || message.phase === 'ready'))
      announcement.value = phaseTitle.value
  },
  download(message) {
    download.value = message
  },
  run({ run, info, hasCheckpoint }) {
    clearRun()
    current.value = { run, info, hasCheckpoint }
    const test = run.epochs.flatMap(({ epoch, validation }) =>
      validation === undefined
        ? []
        : [{ at: epoch, loss: validation.loss, accuracy: validation.accuracy }],
    )
    curves.value = { ...NO_CURVES, test }
  },
  steps(message) {
    latestSteps.value = message
    unsaved.value = true
    const { at, loss, accuracy, test } = curves.value
    const { point } = message
    curves.value = {
      at: [...at, point.at],
      loss: [...loss, point.loss],
      accuracy: [...accuracy, point.accuracy],
      test,
    }
  },
  epoch({ figures }) {
    const { epoch, validation } = figures
    const now = current.value!
    current.value = { ...now, run: { ...now.run, epochs: [...now.run.epochs, figures] } }
    if (validation === undefined) return
    const { loss, accuracy } = validation
    curves.value = { ...curves.value, test: [...curves.value.test, { at: epoch, loss, accuracy }] }
    announcement.value = `Epoch ${epoch}: test accuracy ${(accuracy * 100).toFixed(2)} percent`
  },
  ended({ run, hasCheckpoint }) {
    current.value = { ...current.value!, run, hasCheckpoint }
  },
  filters(message) {
    filters.value = message
  },
  confusion(message) {
    confusion.value = message
  },
  prediction(message) {
    if (inputImage.value !== undefined) prediction.value = message.prediction
  },
  testImage({ image, label }) {
    inputImage.value = image
    testImageLabel.value = label
  },
  saved(message) {
    // This is set here and not after the download, because a run that trains has new steps by then.
    unsaved.value = false
    awaitedSave?.resolve(message)
  },
  saveFailed(message) {
    awaitedSave?.reject(new ReportedError(message))
  },
  error(message) {
    showProblem(new ReportedError(message))
  },
}

worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) =>
  (handlers[data.type] as (message: FromWorker) => void)(data),
)
worker.addEventListener('error', ({ message }) => {
  const error = new Error(`The training worker failed: ${message}`)
  awaitedSave?.reject(error)
  // A worker that did not start answers no command.
  if (backends.value.length === 0) phase.value = 'idle'
  showProblem(error)
})
effect(() => {
  document.title = phase.value === 'training' ? 'Training · mnist-lab' : 'mnist-lab'
})
globalThis.addEventListener('beforeunload', (event) => {
  if (unsaved.value) event.preventDefault()
})
post({ type: 'begin', urls })

/** Trains a new model with the current settings. */
export function start(): void {
  if (refusals.value.train !== undefined) return
  problem.value = undefined
  phase.value = 'loading'
  post({ type: 'start', settings: settings.value })
}

/** Continues the training. A finished run gets as many more epochs as the settings say. */
export function resume(): void {
  if (refusals.value.train !== undefined || current.value === undefined) return
  const { epochs, epochsPlanned } = current.value.run
  problem.value = undefined
  stopped.value = false
  phase.value = 'training'
  post({
    type: 'resume',
    epochs: finished.value ? epochs.length + settings.value.epochs : epochsPlanned,
  })
}

export function pause(): void {
  post({ type: 'pause' })
}

/** Ends the training. The run can still be looked at, saved and resumed. */
export function stop(): void {
  stopped.value = true
  post({ type: 'pause' })
}

/** Downloads the current run as a .zip. A model that trains continues training. */
export async function save(): Promise<void> {
  if (refusals.value.save !== undefined) return
  saving.value = true
  try {
    const { files, name } = await new Promise<Saved>((resolve, reject) => {
      awaitedSave = { resolve, reject }
      post({ type: 'save' })
    })
    // A model's name may be any text, and the .zip is unpacked somewhere.
    const folder = safeFileName(name, 'model')
    downloadFile(await zipRun(files, folder), `${folder}.zip`)
  } catch (error) {
    showProblem(error)
  } finally {
    awaitedSave = undefined
    saving.value = false
  }
}

/** Opens a run from the files that the user chose. When that fails, the current run stays. */
export async function open(chosen: readonly File[]): Promise<void> {
  if (refusals.value.open !== undefined || chosen.length === 0) return
  problem.value = undefined
  const before = phase.value
  phase.value = 'reading'
  let files: RunFiles
  try {
    files = await unpackRun(chosen)
  } catch (error) {
    phase.value = before
    return showProblem(error)
  }
  const { backend, threads } = settings.value
  phase.value = 'loading'
  post({ type: 'open', files, backend, threads })
}

/** Sets the drawing to classify, [28, 28] bytes; undefined when the drawing was cleared. */
export function showDrawing(image: Uint8Array | undefined): void {
  inputImage.value = image
  testImageLabel.value = undefined
  if (image === undefined) prediction.value = undefined
  post(image === undefined ? { type: 'input' } : { type: 'input', image })
}

/** Classifies another test image. */
export function showTestImage(): void {
  post({ type: 'testImage' })
}
