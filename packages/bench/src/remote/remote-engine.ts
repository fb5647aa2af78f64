import {
  type Backend,
  type Batch,
  type Session,
  optimizerState,
  type Trainer,
  type TrainerState,
} from '@mnist-lab/backends'
import { classIndices } from '@mnist-lab/core'
import { type ModelSpec, type Weights, weightShapes } from '@mnist-lab/models'
import { floatsFromBase64, fromBase64, numbersToBase64 } from './base64.js'
import type { RemoteAnswers, RemoteFailure, RemoteRequest, SentState } from './messages.js'
import { sentState } from './sent-state.js'

/** A compiled model and the shapes of its weights. */
interface Compiled {
  readonly trainer: Trainer
  readonly spec: ModelSpec
}

/** Carries out requests with the backends of the program that it runs in. */
export class RemoteEngine {
  readonly #createBackend: (name: string, threads?: number) => Promise<Backend>
  readonly #compiled = new Map<number, Compiled>()
  #session: Session | undefined
  #compiledSoFar = 0
  #batches: Batch[] = []
  #images: Uint8Array[] = []

  /** @param createBackend creates a backend by its name */
  constructor(createBackend: (name: string, threads?: number) => Promise<Backend>) {
    this.#createBackend = createBackend
  }

  /**
   * Carries out the request of a line.
   *
   * @returns the line of the answer, which names the error if there was one
   */
  async answer(line: string): Promise<string> {
    try {
      return JSON.stringify(await this.#answer(JSON.parse(line) as RemoteRequest))
    } catch (error) {
      const failed = error instanceof Error ? error.message : String(error)
      return JSON.stringify({ failed } satisfies RemoteFailure)
    }
  }

  async #answer(request: RemoteRequest): Promise<RemoteAnswers[RemoteRequest['type']]> {
    switch (request.type) {
      case 'nothing':
        return {}
      case 'probe':
        return { probe: await (await this.#createBackend(request.backend)).probe() }
      case 'open': {
        const backend = await this.#createBackend(request.backend, request.threads)
        this.#session = await backend.open()
        return { info: this.#session.info, memory: this.#session.memory() }
      }
      case 'compile': {
        const { spec, plan, weights } = request
        const trainer = await this.#opened.compile(
          spec,
          plan,
          weights.map(({ data, ...tensor }) => ({ ...tensor, data: floatsFromBase64(data) })),
        )
        this.#compiled.set(++this.#compiledSoFar, { trainer, spec })
        return { trainer: this.#compiledSoFar, memory: this.#opened.memory() }
      }
      case 'batch':
        if (request.first) this.#batches = []
        this.#batches.push(receivedBatch(request))
        return {}
      case 'images':
        if (request.first) this.#images = []
        this.#images.push(fromBase64(request.images))
        return {}
      case 'run': {
        const { trainer } = this.#of(request.trainer)
        const losses = new Float64Array(this.#batches.length)
        const correct: number[] = []
        for (const [at, batch] of this.#batches.entries()) {
          const result =
            request.call === 'step'
              ? await trainer.step(batch, request.learningRate)
              : await trainer.evaluate(batch)
          losses[at] = result.loss
          correct.push(result.correct)
        }
        return { losses: numbersToBase64(losses), correct, memory: this.#opened.memory() }
      }
      case 'predict': {
        const { trainer } = this.#of(request.trainer)
        let outputs = new Float32Array(0)
        for (const images of this.#images)
          outputs = (await trainer.predict(images)) as Float32Array<ArrayBuffer>
        return { outputs: numbersToBase64(outputs) }
      }
      case 'save':
        return { state: sentState(await this.#of(request.trainer).trainer.save()) }
      case 'load': {
        const { trainer, spec } = this.#of(request.trainer)
        await trainer.load(receivedState(spec, request.state))
        return {}
      }
      case 'dispose':
        this.#of(request.trainer).trainer.dispose()
        this.#compiled.delete(request.trainer)
        return { memory: this.#opened.memory() }
      case 'close':
        await this.#session?.close()
        this.#session = undefined
        return {}
    }
  }

  get #opened(): Session {
    if (this.#session === undefined) throw new Error('no backend is open')
    return this.#session
  }

  #of(trainer: number): Compiled {
    const compiled = this.#compiled.get(trainer)
    if (compiled === undefined) throw new Error(`there is no trainer ${trainer}`)
    return compiled
  }
}

/** Returns a batch whose pixels and labels a request has brought. */
function receivedBatch({
  labels,
  pixels,
  images,
}: Extract<RemoteRequest, { type: 'batch' }>): Batch {
  const bytes = fromBase64(images)
  const indices = classIndices(labels.length, Math.max(...labels) + 1)
  indices.set(labels)
  return {
    size: labels.length,
    labels: indices,
    pixels,
    copyImages: (target) => target.set(bytes),
    writeImages(target, table) {
      for (let i = 0; i < bytes.length; i++) target[i] = table[bytes[i]!]!
    },
  }
}

/** Returns the state of a model that a message has brought. */
function receivedState(spec: ModelSpec, { weights, optimizer, step }: SentState) {
  const shapes = weightShapes(spec)
  const tensors = (list: readonly string[] = []): Weights =>
    shapes.map(({ name, shape }, at) => ({ name, shape, data: floatsFromBase64(list[at] ?? '') }))
  return {
    weights: tensors(weights),
    ...optimizerState((name) => tensors(optimizer[name])),
    step,
  } satisfies TrainerState
}
