import {
  type Backend,
  type Batch,
  type MemoryUse,
  optimizerState,
  type Probe,
  type Session,
  type SessionInfo,
  type StepResult,
  type Trainer,
  type TrainerState,
  type TrainingPlan,
} from '@mnist-lab/backends'
import { sizeOf } from '@mnist-lab/core'
import { inferShapes, type ModelSpec, type Weights, weightShapes } from '@mnist-lab/models'
import type { Burst, TrainerBursts } from '../../../measure/bursts.js'
import { numbersToBase64, toBase64 } from '../../../remote/base64.js'
import type { BatchCall, RemoteRequest } from '../../../remote/messages.js'
import { sentState } from '../../../remote/sent-state.js'
import { bytesOf, type CheckedAnswer, checkedAnswer, RemoteError } from './answers.js'
import type { RemoteLink } from './link.js'

/** Sends requests one after the other, and checks their answers. */
class Requests {
  readonly #link: RemoteLink
  /** The end of the last request, failed or not. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(link: RemoteLink) {
    this.#link = link
  }

  send<Request extends RemoteRequest>(request: Request): Promise<CheckedAnswer<Request['type']>> {
    const answer = this.#last.then(async () =>
      checkedAnswer<Request['type']>(request.type, await this.#link.ask(JSON.stringify(request))),
    )
    // Whoever asked learns of a failure. The next request must not wait for ever because of it.
    this.#last = answer.catch(() => {})
    return answer
  }
}

/**
 * Returns a backend of a remote engine. Everything that is computed is computed there. The trainers
 * of its sessions are {@link RemoteTrainer}s.
 */
export function backendOver(
  link: RemoteLink,
  name: string,
  options: { readonly threads?: number } = {},
): Backend {
  const requests = new Requests(link)
  return {
    name,
    async probe(): Promise<Probe> {
      return (await requests.send({ type: 'probe', backend: name })).probe
    },
    async open() {
      const { info, memory } = await requests.send({ type: 'open', backend: name, ...options })
      return new RemoteSession(requests, info as SessionInfo, memory as MemoryUse)
    },
  }
}

class RemoteSession implements Session {
  readonly info: SessionInfo
  readonly #requests: Requests
  #memory: MemoryUse

  constructor(requests: Requests, info: SessionInfo, memory: MemoryUse) {
    this.#requests = requests
    this.info = info
    this.#memory = memory
  }

  async compile(spec: ModelSpec, plan: TrainingPlan, weights: Weights): Promise<Trainer> {
    const sent = weights.map(({ name, shape, data }) => ({
      name,
      shape,
      data: numbersToBase64(data),
    }))
    const request = { type: 'compile', spec, plan, weights: sent } as const
    const { trainer, memory } = await this.#requests.send(request)
    this.#memory = memory as MemoryUse
    return new RemoteTrainer({
      requests: this.#requests,
      trainer,
      spec,
      onMemory: (memory) => {
        this.#memory = memory
      },
    })
  }

  /** Returns the memory as the engine told it with its last answer. */
  memory(): MemoryUse {
    return this.#memory
  }

  async close(): Promise<void> {
    await this.#requests.send({ type: 'close' })
  }
}

/** Everything that a {@link RemoteTrainer} is created from. */
interface TrainerParts {
  readonly requests: Requests
  /** The number that the remote engine has given it. */
  readonly trainer: number
  readonly spec: ModelSpec
  readonly onMemory: (memory: MemoryUse) => void
}

/** The most bytes of images that a burst sends ahead. A worker has 128 MB in all. */
const MAX_SENT_BYTES = 16 * 2 ** 20
/** The most calls of a burst. */
const MAX_AT_ONCE = 1024

/** The normalisation table that leaves every pixel byte as it is. */
const IDENTITY = Float32Array.from({ length: 256 }, (_, byte) => byte)

/** A trainer of a remote engine. */
export class RemoteTrainer implements Trainer {
  /** Its calls, many at a time. */
  readonly bursts: TrainerBursts
  readonly #parts: TrainerParts
  readonly #pixels: number
  readonly #classes: number

  constructor(parts: TrainerParts) {
    this.#parts = parts
    this.#pixels = sizeOf(parts.spec.inputShape)
    this.#classes = sizeOf(inferShapes(parts.spec).at(-1)!.outputShape)
    this.bursts = {
      nothing: async () => void (await parts.requests.send({ type: 'nothing' })),
      steps: this.#burst('step'),
      evaluations: this.#burst('evaluate'),
      predictions: this.#predictions(),
    }
  }

  async step(batch: Batch, learningRate?: number): Promise<StepResult> {
    await this.#sendBatches([batch])
    return (await this.#run('step', 1, learningRate))[0]!
  }

  async evaluate(batch: Batch): Promise<StepResult> {
    await this.#sendBatches([batch])
    return (await this.#run('evaluate', 1))[0]!
  }

  async predict(images: Uint8Array): Promise<Float32Array> {
    await this.#sendImages([images])
    return this.#predict(images.length / this.#pixels)
  }

  async save(): Promise<TrainerState> {
    const { requests, trainer, spec } = this.#parts
    const { state } = await requests.send({ type: 'save', trainer })
    const tensors = (list: readonly string[]): Weights => {
      const shapes = weightShapes(spec)
      if (list.length !== shapes.length)
        throw new RemoteError(`its state has ${list.length} tensors, expected ${shapes.length}`)
      return shapes.map(({ name, shape }, at) => ({
        name,
        shape,
        data: new Float32Array(bytesOf(list[at]!, 4 * sizeOf(shape), 'weights').buffer),
      }))
    }
    return {
      weights: tensors(state.weights),
      ...optimizerState((name) => tensors(state.optimizer[name])),
      step: state.step,
    }
  }

  async load(state: TrainerState): Promise<void> {
    const { requests, trainer } = this.#parts
    await requests.send({ type: 'load', trainer, state: sentState(state) })
  }

  dispose(): void {
    const { requests, trainer, onMemory } = this.#parts
    // Whoever closes the session learns of an engine that has ended.
    requests.send({ type: 'dispose', trainer }).then(
      ({ memory }) => onMemory(memory as MemoryUse),
      () => {},
    )
  }

  #burst(call: BatchCall): Burst<Batch> {
    let prepared = 0
    return {
      most: MAX_AT_ONCE,
      prepare: async (batches) => {
        await this.#sendBatches(batches)
        prepared = batches.length
      },
      run: async () => void (await this.#run(call, prepared)),
    }
  }

  #predictions(): Burst<Uint8Array> {
    let last = 0
    return {
      most: Math.min(MAX_AT_ONCE, Math.floor(MAX_SENT_BYTES / this.#pixels)),
      prepare: async (images) => {
        await this.#sendImages(images)
        last = images.at(-1)!.length / this.#pixels
      },
      run: async () => void (await this.#predict(last)),
    }
  }

  async #sendBatches(batches: readonly Batch[]): Promise<void> {
    for (const [at, batch] of batches.entries()) {
      const pixels = batch.pixels ?? this.#pixels
      const images = imageBytes(batch, pixels)
      await this.#parts.requests.send({
        type: 'batch',
        first: at === 0,
        labels: [...batch.labels],
        pixels,
        images: toBase64(images),
      })
    }
  }

  async #sendImages(images: readonly Uint8Array[]): Promise<void> {
    for (const [at, bytes] of images.entries())
      await this.#parts.requests.send({
        type: 'images',
        first: at === 0,
        images: toBase64(bytes),
      })
  }

  async #run(call: BatchCall, count: number, learningRate?: number): Promise<StepResult[]> {
    const { requests, trainer, onMemory } = this.#parts
    const answer = await requests.send({
      type: 'run',
      trainer,
      call,
      ...(learningRate === undefined ? {} : { learningRate }),
    })
    onMemory(answer.memory as MemoryUse)
    const losses = new Float64Array(bytesOf(answer.losses, 8 * count, 'losses').buffer)
    if (answer.correct.length !== count)
      throw new RemoteError(`it answers for ${answer.correct.length} batches, expected ${count}`)
    return answer.correct.map((correct, at) => ({ loss: losses[at]!, correct }))
  }

  async #predict(images: number): Promise<Float32Array> {
    const { requests, trainer } = this.#parts
    const { outputs } = await requests.send({ type: 'predict', trainer })
    return new Float32Array(bytesOf(outputs, 4 * images * this.#classes, 'outputs').buffer)
  }
}

function imageBytes(batch: Batch, pixels: number): Uint8Array {
  const bytes = new Uint8Array(batch.size * pixels)
  if (batch.copyImages === undefined) {
    const written = new Float32Array(bytes.length)
    batch.writeImages(written, IDENTITY)
    bytes.set(written)
  } else batch.copyImages(bytes)
  return bytes
}
