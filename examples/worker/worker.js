// This is a Cloudflare Worker that trains LeNet-5, some steps with each request.
//
//   POST /train?steps=100   trains on, and answers with the step, the pass and the loss
//   GET  /weights           answers with the weights as a safetensors file
//   POST /reset             forgets everything
//
// A Worker may be ended at any time, has 128 MB, and compiles no WebAssembly while it runs. So
// every request continues from a checkpoint, reads only the shard of MNIST that it needs, and the
// kernels are a module of the Worker. After all requests the weights are the same bytes as those of
// a training in one piece.
import { startState } from '@mnist-lab/backends'
import { fused } from '@mnist-lab/backends/fused'
import { datasetFromIdx, readIdx } from '@mnist-lab/data'
import kernels from '@mnist-lab/kernels/simd128.wasm'
import { initialWeights, lenet5, writeSafetensors } from '@mnist-lab/models'
import { decodeCheckpoint, encodeCheckpoint, fit } from '@mnist-lab/train'

/** The passes over all shards. */
const EPOCHS = 1
/** The most steps of a request, which take about half a second of processor time. */
const MOST_STEPS = 200
/** The most bytes of a stored value, which every kind of storage takes. */
const PART_BYTES = 100_000

const spec = lenet5()
/** @type {import('@mnist-lab/backends').TrainingPlan} */
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
}

/**
 * What the configuration gives the Worker.
 *
 * @typedef {object} Env
 * @property {{ fetch: (url: string) => Promise<Response> }} SHARDS the files that prepare.js writes
 * @property {{ idFromName: (name: string) => unknown,
 *   get: (id: unknown) => { fetch: (request: Request) => Promise<Response> } }} TRAINING
 */

/**
 * The storage of a Durable Object. A `put` of several values is made completely or not at all.
 *
 * @typedef {object} Storage
 * @property {(key: string) => Promise<unknown>} get
 * @property {(values: Record<string, unknown>) => Promise<void>} put
 * @property {() => Promise<void>} deleteAll
 */

/** The one training. There is one object of this class in the world, so no two requests collide. */
export class Training {
  #storage
  #shards
  /** @type {Promise<import('@mnist-lab/backends').Trainer> | undefined} */
  #trainer
  /** The end of the last request. Requests that overlap train one after the other. */
  #last = Promise.resolve()

  /**
   * @param {{ storage: Storage }} state
   * @param {Env} env
   */
  constructor({ storage }, { SHARDS }) {
    this.#storage = storage
    this.#shards = SHARDS
  }

  /** @param {Request} request */
  async fetch(request) {
    const answer = this.#last.then(() => this.#answer(request))
    this.#last = answer.then(() => undefined)
    return answer
  }

  /** @param {Request} request */
  async #answer({ method, url }) {
    const { pathname, searchParams } = new URL(url)
    try {
      if (method === 'POST' && pathname === '/train') {
        const steps = Number(searchParams.get('steps') ?? 100)
        if (!Number.isInteger(steps) || steps < 1 || steps > MOST_STEPS)
          return text(`steps: expected 1 to ${MOST_STEPS}, got ${searchParams.get('steps')}`, 400)
        return Response.json(await this.#train(steps))
      }
      if (method === 'POST' && pathname === '/reset') {
        await this.#storage.deleteAll()
        return text('everything is forgotten')
      }
      if (method === 'GET' && pathname === '/weights') {
        const checkpoint = await this.#checkpoint()
        if (checkpoint === undefined) return text('there are no weights yet', 404)
        return new Response(
          new Uint8Array(writeSafetensors(checkpoint.state.weights, { model: spec.name })),
        )
      }
      return text('expected POST /train?steps=100, GET /weights or POST /reset', 404)
    } catch (error) {
      return text(String(error), 500)
    }
  }

  /**
   * Trains on from the checkpoint: at most so many steps, and at most to the end of the shard.
   *
   * @param {number} steps
   */
  async #train(steps) {
    const resume = await this.#checkpoint()
    const { shards } = await (await this.#file('shards.json')).json()
    const passes = EPOCHS * shards
    // For `fit` a pass over one shard is an epoch. Its order depends on the seed and the pass.
    const pass = resume?.epoch ?? 1
    if (pass > passes) return { step: resume?.state.step, pass: passes, passes, finished: true }
    const train = await this.#shard((pass - 1) % shards)
    const trainer = await (this.#trainer ??= compiled())
    if (resume === undefined) await trainer.load(startState(initial()))
    const enough = new AbortController()
    let done = 0
    let loss
    const options = { trainer, spec, plan, train, epochs: pass, signal: enough.signal }
    for await (const event of fit(resume === undefined ? options : { ...options, resume })) {
      if (event.type === 'step') {
        loss = event.loss
        if (++done === steps) enough.abort()
      }
      if (event.type !== 'end') continue
      await this.#store(encodeCheckpoint(event.checkpoint))
      const { epoch, state } = event.checkpoint
      return { step: state.step, pass: epoch, passes, loss, finished: epoch > passes }
    }
    throw new Error('the training ended without a checkpoint')
  }

  async #checkpoint() {
    const parts = /** @type {number | undefined} */ (await this.#storage.get('parts'))
    if (parts === undefined) return undefined
    const bytes = []
    for (let part = 0; part < parts; part++)
      bytes.push(/** @type {ArrayBuffer} */ (await this.#storage.get(`part ${part}`)))
    return decodeCheckpoint(
      new Uint8Array(await new Blob(bytes).arrayBuffer()),
      'the kept checkpoint',
    )
  }

  /** @param {Uint8Array} bytes */
  async #store(bytes) {
    const parts = Math.ceil(bytes.length / PART_BYTES)
    /** @type {Record<string, unknown>} */
    const values = { parts }
    for (let part = 0; part < parts; part++)
      values[`part ${part}`] = bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES).buffer
    await this.#storage.put(values)
  }

  /** @param {number} shard */
  async #shard(shard) {
    const [images, labels] = await Promise.all(
      ['images', 'labels'].map(async (kind) => {
        const name = `${shard}-${kind}.idx`
        return readIdx(new Uint8Array(await (await this.#file(name)).arrayBuffer()), name)
      }),
    )
    return datasetFromIdx(`shard ${shard}`, images, labels)
  }

  /** @param {string} name */
  async #file(name) {
    const response = await this.#shards.fetch(`https://shards/${name}`)
    if (response.ok) return response
    throw new Error(`${name} is missing (${response.status}); run prepare.js first`)
  }
}

/** Returns the weights before the first step. */
function initial() {
  return initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
}

/** Compiles the model once for as long as the object lives. */
async function compiled() {
  // The kernels are compiled already. The build simd128 gives the same bits everywhere.
  const session = await fused({ module: kernels }).open()
  return session.compile(spec, plan, initial())
}

/**
 * @param {string} line
 * @param {number} status
 */
function text(line, status = 200) {
  return new Response(`${line}\n`, { status })
}

const worker = {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  fetch(request, { TRAINING }) {
    return TRAINING.get(TRAINING.idFromName('the training')).fetch(request)
  },
}

export default worker
