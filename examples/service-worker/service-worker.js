// This is the service worker. It answers the address `train?steps=100` by training for so many
// steps, and keeps a checkpoint in the browser's cache. The browser may end the worker between two
// requests, or close: the next request continues from the checkpoint, and the weights are the same
// bytes as those of a training in one piece.
import { fused } from '@mnist-lab/backends/fused'
import { fetchMnist } from '@mnist-lab/data'
import { initialWeights, lenet5 } from '@mnist-lab/models'
import { decodeCheckpoint, encodeCheckpoint, fit } from '@mnist-lab/train'

const CACHE = 'mnist-lab-example'
const CHECKPOINT = 'checkpoint.safetensors'
const EPOCHS = 1
const MOST_STEPS = 1000

const spec = lenet5()
/** @type {import('@mnist-lab/backends').TrainingPlan} */
const plan = {
  loss: 'softmaxCrossEntropy',
  batchSize: 32,
  seed: 1,
  optimizer: { learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
}

/**
 * Trains from the kept checkpoint, or from the beginning.
 *
 * @param {number} steps
 */
async function train(steps) {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(CHECKPOINT)
  const resume =
    kept === undefined
      ? undefined
      : decodeCheckpoint(new Uint8Array(await kept.arrayBuffer()), CHECKPOINT)
  // The cache keeps the four files of MNIST too.
  const { train: samples } = await fetchMnist({ url: (file) => `mnist/${file}`, cache })
  // The build simd128 gives the same bits in every browser and in Node.js.
  const session = await fused({ build: 'simd128' }).open()
  try {
    const weights = initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' })
    const trainer = await session.compile(spec, plan, weights)
    const run = fit({
      trainer,
      spec,
      plan,
      train: samples,
      epochs: EPOCHS,
      checkpointEvery: steps,
      ...(resume === undefined ? {} : { resume }),
    })
    let loss
    for await (const event of run) {
      if (event.type === 'step') loss = event.loss
      if (event.type !== 'checkpoint' && event.type !== 'end') continue
      const bytes = new Uint8Array(encodeCheckpoint(event.checkpoint))
      await cache.put(CHECKPOINT, new Response(bytes))
      return Response.json({
        step: event.checkpoint.state.step,
        loss,
        finished: event.type === 'end',
      })
    }
    throw new Error('the training ended without a checkpoint')
  } finally {
    await session.close()
  }
}

/** @param {string | null} text */
async function answer(text) {
  const steps = Number(text)
  if (!Number.isInteger(steps) || steps < 1 || steps > MOST_STEPS)
    return new Response(`steps: expected 1 to ${MOST_STEPS}, got ${text}\n`, { status: 400 })
  try {
    // Requests that overlap train one after the other.
    return await navigator.locks.request('training', () => train(steps))
  } catch (error) {
    return new Response(`${String(error)}\n`, { status: 500 })
  }
}

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))
worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (event) => {
  const { pathname, searchParams } = new URL(event.request.url)
  if (pathname.endsWith('/train')) event.respondWith(answer(searchParams.get('steps')))
})
