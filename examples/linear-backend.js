// Implements a custom backend: softmax regression in plain JavaScript.
//
// A backend is an object with three levels. `Backend` says whether it works here and opens a
// `Session`; a session compiles a model into a `Trainer`; a trainer makes training steps.
// Everything else (data, the training loop, the statistics, the contract suite) works with any
// object that has these functions.
//
// own-backend.js trains with this backend, and test/linear-backend.test.ts runs the contract suite
// on it, which checks its gradients, its optimizer steps, its dropout masks and that a saved state
// continues with bit-for-bit identical results.
import { BackendError, CallChecks, closedError, crossEntropy } from '@mnist-lab/backends'
import { createStream, fillDropoutMask, sizeOf } from '@mnist-lab/core'
import { checkWeights, normalizationTable } from '@mnist-lab/models'

/** @import { Backend, Batch, Trainer, TrainerState, TrainingPlan } from '@mnist-lab/backends' */
/** @import { ModelSpec, Weights } from '@mnist-lab/models' */

/**
 * Creates the backend. Nothing is registered anywhere: its user passes it to whatever trains.
 *
 * @returns {Backend}
 */
export function linear() {
  return {
    name: 'linear',
    probe: async () => ({ ok: true, detail: 'plain JavaScript' }),
    async open() {
      /** @type {Map<Trainer, number>} The trainers that are not disposed yet, with their bytes. */
      const live = new Map()
      let closed = false
      return {
        info: {
          backend: 'linear',
          versions: {},
          device: 'cpu',
          simd: 'none',
          threads: 1,
          notes: ['one dense layer only'],
        },
        async compile(spec, plan, weights) {
          if (closed) throw closedError('linear')
          checkWeights(spec, weights)
          const types = spec.layers.map(({ type }) => type).join(' ')
          if (!/^flatten( dropout)? dense( softmax)?$/.test(types)) {
            throw new BackendError({
              where: `model ${spec.name}`,
              expected: 'flatten, an optional dropout, one dense layer and an optional softmax',
              got: types,
              hint: 'use another backend, for example fused',
            })
          }
          const trainer = createTrainer(spec, plan, weights, () => live.delete(trainer))
          // The weights and their velocities, in float32.
          live.set(trainer, 2 * 4 * weights.reduce((sum, { data }) => sum + data.length, 0))
          return trainer
        },
        memory: () => ({
          tensors: 4 * live.size,
          tensorBytes: [...live.values()].reduce((sum, bytes) => sum + bytes, 0),
        }),
        async close() {
          closed = true
          for (const trainer of live.keys()) trainer.dispose()
        },
      }
    },
  }
}

/**
 * @param {ModelSpec} spec
 * @param {TrainingPlan} plan
 * @param {Weights} weights
 * @param {() => void} onDispose
 * @returns {Trainer}
 */
function createTrainer(spec, plan, weights, onDispose) {
  const features = sizeOf(spec.inputShape)
  const classes = weights[1].data.length
  const table = normalizationTable(spec.normalization)
  const dropout = spec.layers.findIndex(({ type }) => type === 'dropout')
  const endsInSoftmax = spec.layers.at(-1)?.type === 'softmax'
  let state = copy({ weights, velocity: weights.map(zeros), step: 0 })
  // Refuses wrong arguments and calls after `dispose`, with the errors that every backend has.
  const checks = new CallChecks(spec, plan, classes)

  /** @param {Batch} batch */
  const inputsOf = (batch) => {
    const x = new Float32Array(batch.size * features)
    batch.writeImages(x, table)
    return x
  }

  /** @param {Float32Array} x [size, features] @returns {Float32Array} [size, classes] */
  const logitsOf = (x) => {
    const [kernel, bias] = state.weights
    const size = x.length / features
    return Float32Array.from({ length: size * classes }, (_, at) => {
      const from = Math.floor(at / classes) * features
      const c = at % classes
      let sum = bias.data[c]
      for (let f = 0; f < features; f++) sum += x[from + f] * kernel.data[f * classes + c]
      return sum
    })
  }

  return {
    async step(batch, learningRate = plan.optimizer.learningRate) {
      checks.step(batch, learningRate)
      const x = inputsOf(batch)
      const layer = spec.layers[dropout]
      if (layer?.type === 'dropout') {
        // The mask is a function of the seed, the layer and the step, so every backend draws the
        // same one.
        const mask = new Float32Array(x.length)
        fillDropoutMask(createStream(plan.seed, 'dropout', dropout, state.step), mask, layer.rate)
        for (let i = 0; i < x.length; i++) x[i] *= mask[i]
      }
      // Forward pass, loss, and the loss's gradient with respect to the logits.
      const dLogits = new Float32Array(batch.size * classes)
      const result = crossEntropy(plan.loss, logitsOf(x), batch.labels, classes, dLogits)
      // Backward pass.
      const dKernel = new Float32Array(features * classes)
      const dBias = new Float32Array(classes)
      for (let at = 0; at < dLogits.length; at++) {
        const from = Math.floor(at / classes) * features
        const c = at % classes
        dBias[c] += dLogits[at]
        for (let f = 0; f < features; f++) dKernel[f * classes + c] += x[from + f] * dLogits[at]
      }
      // Optimizer step: g ← gradient + decay · w, v ← momentum · v + g, then w ← w − rate · v. With
      // Nesterov momentum it is w ← w − rate · (momentum · v + g).
      const { momentum, weightDecay, nesterov } = plan.optimizer
      for (const [tensor, gradient] of [dKernel, dBias].entries()) {
        const w = state.weights[tensor].data
        const v = state.velocity[tensor].data
        for (let i = 0; i < w.length; i++) {
          const g = gradient[i] + weightDecay * w[i]
          const velocity = momentum * v[i] + g
          // Smaller float32 numbers are denormal, and processors take a hundred times as long.
          v[i] = Math.abs(velocity) < 2 ** -126 ? 0 : velocity
          w[i] -= learningRate * (nesterov ? momentum * v[i] + g : v[i])
        }
      }
      state = { ...state, step: state.step + 1 }
      return result
    },
    async evaluate(batch) {
      checks.batch('evaluate', batch)
      return crossEntropy(plan.loss, logitsOf(inputsOf(batch)), batch.labels, classes)
    },
    async predict(images) {
      checks.images(images)
      const logits = logitsOf(Float32Array.from(images, (byte) => table[byte]))
      if (!endsInSoftmax) return logits
      for (let at = 0; at < logits.length; at += classes) {
        const row = logits.subarray(at, at + classes)
        const largest = Math.max(...row)
        const powers = row.map((z) => Math.exp(z - largest))
        const sum = powers.reduce((total, power) => total + power, 0)
        row.set(powers.map((power) => power / sum))
      }
      return logits
    },
    async save() {
      checks.live('save')
      return copy(state)
    },
    async load(saved) {
      checks.state(saved)
      state = copy(saved)
    },
    dispose() {
      if (checks.dispose()) onDispose()
    },
  }
}

/** @param {TrainerState} state @returns {TrainerState} */
function copy({ weights, velocity, step }) {
  /** @param {Weights} tensors */
  const each = (tensors) => tensors.map((tensor) => ({ ...tensor, data: tensor.data.slice() }))
  return { weights: each(weights), velocity: each(velocity), step }
}

/** @param {Weights[number]} tensor */
function zeros(tensor) {
  return { ...tensor, data: new Float32Array(tensor.data.length) }
}
