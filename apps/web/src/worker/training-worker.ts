// Everything that takes time lives here, off the page's thread: data, engines, training.
import { WEB_BACKEND_NAMES, webBackend } from '@mnist-lab/backends/web'
import type { Backend } from '@mnist-lab/backends'
import { imagesBetween } from '@mnist-lab/data'
import { isInputError } from '@mnist-lab/core'
import { decodeRun } from '@mnist-lab/train'
import type { FromWorker, Places, ToWorker } from '../messages.ts'
import { freshRun, LabRun, openedRun } from './lab-run.ts'
import { loadMnist, type Mnist } from './load-mnist.ts'

let places: Places
let data: Promise<Mnist> | undefined
let run: LabRun | undefined
let digit: Uint8Array | undefined
let sampleAt = 0
/** The command under way; the next waits for it, but those that only interrupt. */
let turn: Promise<void> = Promise.resolve()

const tell = (message: FromWorker, transfer: Transferable[] = []): void =>
  globalThis.postMessage(message, { transfer })

function mnist(): Promise<Mnist> {
  data ??= loadMnist(places.dataUrl, (bytes, total) =>
    tell({ type: 'download', bytes, total }),
  ).catch((error: unknown) => {
    data = undefined
    throw error
  })
  return data
}

function backendOf(name: string, threads: number): Backend {
  return webBackend(name, { threads, wasmPath: places.wasmUrl })
}

async function offer(): Promise<void> {
  const offers = await Promise.all(
    WEB_BACKEND_NAMES.map(async (name) => ({ name, probe: await backendOf(name, 1).probe() })),
  )
  tell({
    type: 'offers',
    offers,
    isolated: globalThis.crossOriginIsolated,
    cores: navigator.hardwareConcurrency,
  })
}

async function replaceRun(make: () => Promise<LabRun>): Promise<LabRun> {
  await run?.close()
  run = undefined
  tell({ type: 'phase', phase: 'opening' })
  run = await make()
  run.watcher.setDigit(digit)
  return run
}

const COMMANDS: {
  readonly [Type in ToWorker['type']]: (
    message: ToWorker & { readonly type: Type },
  ) => Promise<void>
} = {
  async begin(message) {
    places = message.places
    await offer()
  },
  async start({ settings }) {
    tell({ type: 'phase', phase: 'loading' })
    const beginning = freshRun(settings, await mnist())
    await (
      await replaceRun(() =>
        LabRun.open(backendOf(settings.backend, settings.threads), beginning, tell),
      )
    ).train()
  },
  async open({ files, backend, threads }) {
    tell({ type: 'phase', phase: 'loading' })
    const opened = decodeRun(files)
    const beginning = openedRun(opened, await mnist())
    await (await replaceRun(() => LabRun.open(backendOf(backend, threads), beginning, tell))).look()
  },
  async resume({ epochs }) {
    await run?.train(epochs)
  },
  async pause() {},
  async stop() {},
  async save() {
    run?.tellFiles()
  },
  async digit() {
    await run?.read()
  },
  async sample() {
    const { test } = await mnist()
    const at = (sampleAt += 37) % test.count
    digit = imagesBetween(test, at, at + 1).slice()
    run?.watcher.setDigit(digit)
    tell({ type: 'sample', image: digit, label: test.labels[at]! })
    await run?.read()
  },
}

async function obey(message: ToWorker): Promise<void> {
  try {
    await (COMMANDS[message.type] as (message: ToWorker) => Promise<void>)(message)
  } catch (error) {
    // A bug: its stack is for whoever mends it.
    if (!isInputError(error)) console.error(error)
    tell({
      type: 'error',
      message: error instanceof Error ? error.message : String(error),
      mendable: isInputError(error),
    })
  }
  if (message.type !== 'begin' && message.type !== 'digit' && message.type !== 'sample')
    tell({ type: 'phase', phase: run === undefined ? 'idle' : 'ready' })
}

globalThis.addEventListener('message', ({ data: message }: MessageEvent<ToWorker>) => {
  // These do not wait: they are about the command under way, or are taken between two steps.
  if (message.type === 'pause' || message.type === 'stop') return run?.interrupt()
  if (message.type === 'digit') {
    digit = message.image
    run?.watcher.setDigit(digit)
    void obey(message)
    return
  }
  if (message.type === 'sample') {
    void obey(message)
    return
  }
  turn = turn.then(() => obey(message))
})
