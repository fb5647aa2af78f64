// Trains with TensorFlow.js as it ships: tf.layers, the library's own optimizer and its own
// kernels. This is the peer `tfjs-stock` of `pnpm bench`, which reads lines of JSON from stdin and
// writes lines of JSON to stdout (docs/peers.md). It runs on the wasm backend, or on cpu if wasm
// lacks a kernel that training the model needs.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { createInterface } from 'node:readline'

// Loads the library as a web page gets it and not as Node.js does, which favours the peer.
register('./tfjs-modules.mjs', import.meta.url)
// Its modules load node: modules with require.
globalThis.require = createRequire(import.meta.url)
const tf = await import('@tensorflow/tfjs-core')
// The package @tensorflow/tfjs adds these to the core.
await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js')
await import('@tensorflow/tfjs-core/dist/register_all_gradients.js')
await import('@tensorflow/tfjs-backend-cpu')
const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm')
const layers = await import('@tensorflow/tfjs-layers')

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
// The library advertises another package on the console, but only messages may go to stdout.
console.log = console.warn = console.info = () => {}

/**
 * The kernels that the gradients of a layer need. Both backends have the kernels of the forward
 * pass.
 */
const GRADIENT_KERNELS = {
  conv2d: ['Conv2DBackpropFilter', 'Conv2DBackpropInput'],
  avgPool2d: ['AvgPoolGrad'],
  maxPool2d: ['MaxPoolGrad'],
}

function engineFor(spec) {
  const needed = new Set(spec.layers.flatMap(({ type }) => GRADIENT_KERNELS[type] ?? []))
  return [...needed].every((kernel) => tf.getKernel(kernel, 'wasm') !== undefined) ? 'wasm' : 'cpu'
}

/** Returns a model that ends in logits: the loss includes the softmax. */
function modelOf({ inputShape, layers: specs }) {
  const model = layers.sequential()
  const pair = (value) => (typeof value === 'number' ? [value, value] : value)
  let first = { inputShape }
  for (const layer of specs) {
    const add = (made) => {
      model.add(made)
      first = {}
    }
    switch (layer.type) {
      case 'conv2d': {
        const padding =
          typeof layer.padding === 'number' ? [layer.padding, layer.padding] : undefined
        if (padding !== undefined && padding[0] > 0)
          add(layers.layers.zeroPadding2d({ ...first, padding }))
        add(
          layers.layers.conv2d({
            ...first,
            filters: layer.filters,
            kernelSize: pair(layer.kernelSize),
            strides: pair(layer.stride ?? 1),
            padding: padding === undefined ? (layer.padding ?? 'valid') : 'valid',
          }),
        )
        break
      }
      case 'avgPool2d':
      case 'maxPool2d': {
        const pool =
          layer.type === 'avgPool2d' ? layers.layers.averagePooling2d : layers.layers.maxPooling2d
        add(
          pool({
            ...first,
            poolSize: pair(layer.poolSize),
            strides: pair(layer.stride ?? layer.poolSize),
          }),
        )
        break
      }
      case 'tanh':
      case 'relu':
        add(layers.layers.activation({ ...first, activation: layer.type }))
        break
      case 'dropout':
        add(layers.layers.dropout({ ...first, rate: layer.rate }))
        break
      case 'flatten':
        add(layers.layers.flatten(first))
        break
      case 'dense':
        add(layers.layers.dense({ ...first, units: layer.units }))
        break
      case 'softmax':
        break
      default:
        throw new Error(`layer ${layer.type}: unknown to tfjs.mjs`)
    }
  }
  return model
}

/** Converts between PyTorch's order and layout of weights and this library's. */
function layoutsOf(model) {
  // [channels, height, width] of what the next dense layer flattens.
  let image
  return model.layers.flatMap((layer) => {
    const kind = layer.getClassName()
    if (kind === 'Flatten') image = layer.input.shape.slice(1)
    if (kind === 'Conv2D')
      return [{ torch: ([h, w, i, o]) => [o, i, h, w], from: [2, 3, 1, 0], to: [3, 2, 0, 1] }, {}]
    if (kind !== 'Dense') return []
    const flat = image
    image = undefined
    return [
      flat?.length === 3 ? { flat } : { torch: ([i, o]) => [o, i], from: [1, 0], to: [1, 0] },
      {},
    ]
  })
}

function fromTorch({ torch, from, flat }, numbers, shape) {
  if (flat !== undefined) {
    const [height, width, channels] = flat
    return tf
      .tensor(numbers, [shape[1], channels, height, width])
      .transpose([2, 3, 1, 0])
      .reshape(shape)
  }
  return torch === undefined
    ? tf.tensor(numbers, shape)
    : tf.tensor(numbers, torch(shape)).transpose(from)
}

function toTorch({ torch, to, flat }, tensor) {
  if (flat !== undefined) {
    const [height, width, channels] = flat
    return tensor.reshape([height, width, channels, tensor.shape[1]]).transpose([3, 2, 0, 1])
  }
  return torch === undefined ? tensor : tensor.transpose(to)
}

class Training {
  constructor(request, spec) {
    this.spec = spec
    this.batchSize = request.batchSize
    this.images = readFileSync(request.images)
    this.labels = readFileSync(request.labels)
    this.pixels = spec.inputShape.reduce((product, side) => product * side, 1)
    this.at = 0
    this.model = modelOf(spec)
    const numbers = new Float32Array(new Uint8Array(readFileSync(request.weights)).buffer)
    let from = 0
    this.layouts = layoutsOf(this.model)
    this.model.setWeights(
      this.model
        .getWeights()
        .map(({ shape, size }, i) =>
          fromTorch(this.layouts[i], numbers.slice(from, (from += size)), shape),
        ),
    )
    this.weightDecay = request.weightDecay
    this.optimizer = tf.train.momentum(request.learningRate, request.momentum)
    this.variables = this.model.trainableWeights.map((weight) => weight.read())
  }

  /** Returns the next batch, normalised before the clock starts as PyTorch's are. */
  nextBatch() {
    if ((this.at + 1) * this.batchSize > this.labels.length) this.at = 0
    const rows = [this.at * this.batchSize, (this.at + 1) * this.batchSize]
    this.at += 1
    const { mean = 0, std = 1 } = this.spec.normalization ?? {}
    const images = Float32Array.from(
      this.images.subarray(rows[0] * this.pixels, rows[1] * this.pixels),
      (byte) => (byte / 255 - mean) / std,
    )
    return {
      images: tf.tensor(images, [this.batchSize, ...this.spec.inputShape]),
      labels: tf
        .oneHot(tf.tensor1d(Int32Array.from(this.labels.subarray(...rows)), 'int32'), 10)
        .toFloat(),
    }
  }

  /**
   * Runs a step, and returns when the loss and a number that depends on the update have been read.
   */
  async step({ images, labels }) {
    const loss = tf.tidy(() => {
      let bare
      const { grads } = tf.variableGrads(
        () => {
          bare = tf.keep(
            tf.losses.softmaxCrossEntropy(labels, this.model.apply(images, { training: true })),
          )
          if (this.weightDecay === 0) return bare
          // Its gradient is decay · w.
          return this.variables.reduce(
            (sum, w) =>
              sum.add(
                w
                  .square()
                  .sum()
                  .mul(this.weightDecay / 2),
              ),
            bare,
          )
        },
        this.model.trainableWeights.map((weight) => weight.val),
      )
      this.optimizer.applyGradients(grads)
      return bare
    })
    const [value] = await loss.data()
    const last = tf.tidy(() => this.model.trainableWeights.at(-1).read().slice([0], [1]))
    await last.data()
    tf.dispose([loss, last, images, labels])
    return value
  }

  async timedSteps({ minSteps, seconds, maxSteps = Infinity }) {
    const samples = []
    const end = performance.now() + seconds * 1000
    while (samples.length < minSteps || (samples.length < maxSteps && performance.now() < end)) {
      const batch = this.nextBatch()
      const begin = performance.now()
      await this.step(batch)
      samples.push(performance.now() - begin)
    }
    return samples
  }

  async writeWeights(file) {
    const parts = []
    for (const [i, tensor] of this.model.getWeights().entries()) {
      parts.push(
        Buffer.from(new Uint8Array((await toTorch(this.layouts[i], tensor).data()).slice().buffer)),
      )
    }
    writeFileSync(file, Buffer.concat(parts))
  }
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

let training
async function answer(request) {
  if (request.type === 'open') {
    const versions = {
      '@tensorflow/tfjs-core': tf.version_core,
      '@tensorflow/tfjs-layers': layers.version_layers,
      '@tensorflow/tfjs-backend-wasm': version_wasm,
    }
    // In Node.js neither backend has threads.
    return { type: 'hello', info: { versions, threads: 1, details: 'TensorFlow.js as it ships' } }
  }
  if (request.type === 'prepare') {
    await tf.setBackend(engineFor(request.spec))
    const begin = performance.now()
    const parity = new Training(request, request.paritySpec)
    const compiled = performance.now()
    const losses = []
    let firstStepMs
    while (losses.length < request.paritySteps) {
      losses.push(await parity.step(parity.nextBatch()))
      firstStepMs ??= performance.now() - compiled
    }
    if (request.weightsOut !== undefined) await parity.writeWeights(request.weightsOut)
    training = new Training(request, request.spec)
    await training.timedSteps(request.warmup)
    const details = `TensorFlow.js as it ships, tf.layers on ${tf.getBackend()}${tf.getBackend() === 'cpu' ? ', because wasm lacks a gradient' : ''}`
    return { type: 'ready', losses, compileMs: compiled - begin, firstStepMs, details }
  }
  if (request.type === 'burst') {
    await training.timedSteps(request.warmup)
    globalThis.gc?.()
    const before = cpuMs()
    const samplesMs = await training.timedSteps(request.timed)
    return {
      type: 'burst',
      samplesMs,
      cpuMs: cpuMs() - before,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    }
  }
  throw new Error(`request ${request.type}: unknown to tfjs.mjs`)
}

// Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
process.on('SIGINT', () => {})
try {
  for await (const line of createInterface({ input: process.stdin }))
    say(await answer(JSON.parse(line)))
} catch (error) {
  say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
}
