import { type ModelSpec, toPyTorchLayout, type Weights } from '@mnist-lab/models'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend, Batch, Loss, Session, Trainer } from '../interface.js'
import { gradientsOf } from '../optimizer.js'
import { startState } from '../trainer-parts.js'

interface TensorFigures {
  readonly shape: readonly number[]
  readonly sum: number
  readonly l2: number
  readonly first5: readonly number[]
}

/** A file of PyTorch reference runs. Its field `how` says how they were made. */
export interface TorchReference {
  readonly config: {
    readonly seed: number
    readonly batch: number
    readonly lr: number
    readonly momentum: number
    /** Absent for plain momentum. */
    readonly nesterov?: boolean
  }
  readonly runs: readonly {
    readonly model: string
    readonly loss: string
    readonly weightDecay: number
    readonly parameters: number
    readonly losses: readonly number[]
    readonly logits0: readonly number[]
    readonly gradients0: readonly TensorFigures[]
    readonly weightsAfter: readonly TensorFigures[]
    readonly correctOnLast1000TrainImages: number
  }[]
}

/** Options of {@link testTorchParity}. */
export interface TorchParityOptions {
  readonly reference: TorchReference
  /** The model of a run, without dropout as the reference ran it. */
  readonly model: (name: string) => ModelSpec
  /** The weights that the reference started from, in Keras layout. */
  readonly weights: (spec: ModelSpec, seed: number) => Weights
  /** Returns training images `from` … `to − 1` in file order. */
  readonly batch: (from: number, to: number) => Batch
  /** Returns the pixel bytes of training image 0. */
  readonly firstImage: () => Uint8Array
  /** The number of images in the training set. */
  readonly count: number
  /**
   * Returns how many steps of a run to compare. The final weights are compared when it is all of
   * them.
   */
  readonly steps: (run: { readonly model: string; readonly loss: string }) => number
  /** @default {@link TOLERANCES} */
  readonly tolerances?: Partial<ParityTolerances>
}

/**
 * The largest allowed differences from PyTorch: as large as those of float32 sums in another order,
 * and no larger.
 */
export interface ParityTolerances {
  /** Relative to the largest logit. */
  readonly logits: number
  /** Relative to a gradient's length. */
  readonly gradients: number
  /** For the losses of steps 0 to 9. */
  readonly losses: number
  /** For the losses of later steps. */
  readonly laterLosses: number
}

/** The tolerances that every backend of this package keeps to. */
export const TOLERANCES: ParityTolerances = {
  logits: 1e-4,
  gradients: 1e-4,
  losses: 1e-5,
  laterLosses: 2e-3,
}

/**
 * Tests a backend against PyTorch: trains the same models from the same weights on the same images,
 * and compares every figure.
 */
export function testTorchParity(create: () => Backend, options: TorchParityOptions): void {
  const { reference } = options
  const tolerances = { ...TOLERANCES, ...options.tolerances }
  const { seed, batch, lr, momentum, nesterov = false } = reference.config
  const kind = nesterov ? ', Nesterov momentum' : ''
  describe.each(reference.runs)(
    `${create().name} agrees with PyTorch: $model, $loss${kind}`,
    (run) => {
      const spec = options.model(run.model)
      const steps = options.steps(run)
      const weights = options.weights(spec, seed)
      const plan = {
        loss: LOSSES[run.loss]!,
        batchSize: batch,
        seed,
        optimizer: {
          learningRate: lr,
          momentum,
          weightDecay: run.weightDecay,
          ...(nesterov ? { nesterov } : {}),
        },
      }
      let session: Session
      let trainer: Trainer
      beforeAll(async () => {
        session = await create().open()
        trainer = await session.compile(spec, plan, weights)
      })
      afterAll(() => session.close())

      test('the logits of the first image agree', async () => {
        const bare = await session.compile(
          { ...spec, layers: spec.layers.filter(({ type }) => type !== 'softmax') },
          plan,
          weights,
        )
        const logits = await bare.predict(options.firstImage())
        const scale = Math.max(...run.logits0.map(Math.abs))
        for (const [c, expected] of run.logits0.entries())
          expect(Math.abs(logits[c]! - expected)).toBeLessThan(tolerances.logits * scale)
      })

      test(`the gradients of step 0 and the losses of ${steps} steps agree`, async () => {
        for (let s = 0; s < steps; s++) {
          const { loss } = await trainer.step(options.batch(s * batch, (s + 1) * batch))
          expect(Math.abs(loss - run.losses[s]!), `loss of step ${s}`).toBeLessThan(
            s < 10 ? tolerances.losses : tolerances.laterLosses,
          )
          if (s === 0)
            compareGradients(gradientsOf(plan.optimizer, startState(weights), await trainer.save()))
        }
      })

      function compareGradients(gradients: Weights): void {
        for (const [t, gradient] of toPyTorchLayout(spec, gradients).entries()) {
          const expected = run.gradients0[t]!
          expect(gradient.shape).toEqual(expected.shape)
          const actual = figures(gradient.data)
          const near = (got: number, want: number, scale: number, what: string) =>
            expect(
              Math.abs(got - want),
              `${what} of the gradient of ${gradient.name}`,
            ).toBeLessThan(tolerances.gradients * scale)
          near(actual.l2, expected.l2, expected.l2, 'l2')
          // The sum, whose terms have both signs, and single small numbers are only as exact as the
          // tensor's length allows.
          near(actual.sum, expected.sum, Math.max(Math.abs(expected.sum), expected.l2), 'sum')
          for (const [i, want] of expected.first5.entries())
            near(actual.first5[i]!, want, expected.l2, `[${i}]`)
        }
      }

      if (steps < run.losses.length) return

      test('the weights after the last step agree', async () => {
        for (const [t, tensor] of toPyTorchLayout(spec, (await trainer.save()).weights).entries()) {
          const expected = run.weightsAfter[t]!
          expect(Math.abs(figures(tensor.data).l2 / expected.l2 - 1), tensor.name).toBeLessThan(
            1e-4,
          )
        }
      })

      test('the number of correct predictions on the last 1000 training images agrees', async () => {
        let correct = 0
        for (let from = options.count - 1000; from < options.count; from += batch) {
          correct += (
            await trainer.evaluate(options.batch(from, Math.min(options.count, from + batch)))
          ).correct
        }
        expect(Math.abs(correct - run.correctOnLast1000TrainImages)).toBeLessThanOrEqual(3)
      })
    },
  )
}

const LOSSES: Readonly<Record<string, Loss>> = {
  'softmax-cross-entropy': 'softmaxCrossEntropy',
  'double-softmax-cross-entropy': 'doubleSoftmaxCrossEntropy',
}

function figures(data: Float32Array): { sum: number; l2: number; first5: number[] } {
  let [sum, squares] = [0, 0]
  for (const value of data) {
    sum += value
    squares += value * value
  }
  return { sum, l2: Math.sqrt(squares), first5: Array.from(data.subarray(0, 5)) }
}
