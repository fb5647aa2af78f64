// The training worker does everything that takes time, so that the page's own thread stays free: it
// loads data, opens backends and trains.
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import type { Backend } from '@mnist-lab/backends'
import { imagesBetween } from '@mnist-lab/data'
import { isInputError } from '@mnist-lab/core'
import { decodeRun } from '@mnist-lab/train'
import type { FromWorker, SiteUrls, ToWorker } from '../messages.ts'
import { LabRun } from './lab-run.ts'
import { loadMnist, type Mnist, newRun, openedRun, type RunStart } from './run-start.ts'

/**
 * The distance between two test images that the user gets to see. It has no common factor with
 * their number, 10,000.
 */
const TEST_IMAGE_STRIDE = 37

let urls: SiteUrls
let data: Promise<Mnist> | undefined
let run: LabRun | undefined
/** The image to classify. */
let input: Uint8Array | undefined
/** The number of the test image that was shown last. */
let testImage = 0

const post = (message: FromWorker): void => globalThis.postMessage(message)

function mnist(): Promise<Mnist> {
  data ??= loadMnist(urls.data, (bytes, total) => post({ type: 'download', bytes, total })).catch(
    (error: unknown) => {
      data = undefined
      throw error
    },
  )
  return data
}

function backendOf(name: string, threads: number): Backend {
  return webBackend(name, { threads, wasmPath: urls.wasm })
}

/** Closes the current run and creates a new one. */
async function replaceRun(backend: Backend, start: RunStart): Promise<LabRun> {
  post({ type: 'phase', phase: 'opening' })
  const before = run
  // Until the new one is there, no message reaches a run that is being closed.
  run = undefined
  await before?.close()
  run = await LabRun.open(backend, start, post)
  run.setInput(input)
  return run
}

type Commands<Types extends ToWorker['type']> = {
  readonly [Type in Types]: (message: ToWorker & { readonly type: Type }) => Promise<void>
}
type Queued = 'begin' | 'start' | 'open' | 'resume'

/** The commands that replace the run or train it. Each waits until the one before it has ended. */
const queued: Commands<Queued> = {
  async begin(message) {
    urls = message.urls
    const backends = await Promise.all(
      WEB_BACKEND_NAMES.map(async (name) => ({ name, probe: await backendOf(name, 1).probe() })),
    )
    post({
      type: 'backends',
      backends,
      isolated: globalThis.crossOriginIsolated,
      cores: navigator.hardwareConcurrency,
    })
  },
  async start({ settings }) {
    post({ type: 'phase', phase: 'loading' })
    const start = newRun(settings, await mnist())
    const fresh = await replaceRun(backendOf(settings.backend, settings.threads), start)
    await fresh.train()
  },
  async open({ files, backend, threads }) {
    post({ type: 'phase', phase: 'loading' })
    const opened = decodeRun(files)
    const start = openedRun(opened, await mnist())
    await (await replaceRun(backendOf(backend, threads), start)).inspect()
  },
  async resume({ epochs }) {
    await run?.train(epochs)
  },
}

/**
 * The commands that do not wait: they concern the command that is being executed, or happen between
 * two training steps.
 */
const immediate: Commands<Exclude<ToWorker['type'], Queued>> = {
  async pause() {
    run?.pause()
  },
  async save() {
    try {
      if (run === undefined) throw new Error('There is no run to save.')
      post(await run.save())
    } catch (error) {
      post({ type: 'saveFailed', ...describe(error) })
    }
  },
  async input({ image }) {
    input = image
    run?.setInput(input)
    await run?.predictInput()
  },
  async testImage() {
    const { test } = await mnist()
    const at = (testImage += TEST_IMAGE_STRIDE) % test.count
    input = imagesBetween(test, at, at + 1).slice()
    run?.setInput(input)
    post({ type: 'testImage', image: input, label: test.labels[at]! })
    await run?.predictInput()
  },
}

function describe(error: unknown): { readonly message: string; readonly fixable: boolean } {
  const fixable = isInputError(error)
  // The stack helps to correct a defect of the page.
  if (!fixable) console.error(error)
  return { message: error instanceof Error ? error.message : String(error), fixable }
}

async function execute(command: Promise<void>): Promise<void> {
  try {
    await command
  } catch (error) {
    post({ type: 'error', ...describe(error) })
  }
}

function isQueued(message: ToWorker): message is ToWorker & { readonly type: Queued } {
  return message.type in queued
}

/** Resolves when the queued commands so far have ended. */
let queue: Promise<void> = Promise.resolve()

async function executeAfter(
  previous: Promise<void>,
  message: ToWorker & { readonly type: Queued },
): Promise<void> {
  await previous
  await execute((queued[message.type] as (message: ToWorker) => Promise<void>)(message))
  if (message.type !== 'begin') post({ type: 'phase', phase: run === undefined ? 'idle' : 'ready' })
}

globalThis.addEventListener('message', ({ data: message }: MessageEvent<ToWorker>) => {
  if (isQueued(message)) queue = executeAfter(queue, message)
  else void execute((immediate[message.type] as (message: ToWorker) => Promise<void>)(message))
})
