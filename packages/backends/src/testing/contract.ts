import { initialWeights, type ModelSpec, type Weights, weightShapes } from '@mnist-lab/models'
import {
  argmax,
  createStream,
  fillDropoutMask,
  type InputError,
  isInputError,
} from '@mnist-lab/core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Backend, Batch, Session, Trainer, TrainerState, TrainingPlan } from '../interface.js'
import { gradientsOf, STATE_TENSORS } from '../optimizer.js'
import { startState } from '../trainer-parts.js'
import { everyLayer, flat, plan, samples, toBatch, withoutDropout } from './samples.js'

/** Options of {@link testBackend}. */
export interface ContractOptions {
  /**
   * The model that the suite trains. It has three classes, a dropout layer, and softmax at the end.
   * A backend that can train only some models passes one of those.
   * @default a model with every type of layer
   */
  readonly model?: ModelSpec
  /**
   * Whether the backend really trains. The null backend does not.
   * @default true
   */
  readonly trains?: boolean
  /** Sets how many steps the search for leaked tensors takes. @default 1000 */
  readonly leakSteps?: number
}

/**
 * Tests that a backend does what every backend must do, as one vitest suite. A backend's test file
 * calls it and needs little else.
 *
 * @param create returns a new backend at every call
 */
export function testBackend(
  create: () => Backend,
  { model = everyLayer, trains = true, leakSteps = 1000 }: ContractOptions = {},
): void {
  const { name } = create()
  describe(`backend ${name}`, () => {
    let session: Session
    beforeAll(async () => {
      session = await create().open()
    })
    afterAll(() => session.close())

    const weightsOf = (spec: ModelSpec): Weights =>
      initialWeights(spec, { seed: 3, scheme: 'pytorch' })
    const compile = (
      spec: ModelSpec = model,
      changes: Partial<TrainingPlan> = {},
    ): Promise<Trainer> => session.compile(spec, { ...plan, ...changes }, weightsOf(spec))
    const batch = toBatch(samples(model, 8))

    test('probes ok where it opens, and says what really runs', async () => {
      expect(await create().probe()).toMatchObject({ ok: true })
      expect(session.info.backend).toBe(name)
      expect(session.info.threads).toBeGreaterThanOrEqual(1)
    })

    test('refuses weights that do not fit the model, in one line', async () => {
      const weights = weightsOf(model).slice(1)
      const error: unknown = await session.compile(model, plan, weights).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(isInputError(error)).toBe(true)
    })

    test('starts from a copy of the weights and from zeros in the tensors of the optimizer', async () => {
      const weights = weightsOf(model)
      const trainer = await session.compile(model, plan, weights)
      weights[0]!.data.fill(7)
      const state = await trainer.save()
      expect(flat(state.weights)).toEqual(flat(weightsOf(model)))
      for (const name of STATE_TENSORS) expect(new Set(flat(state[name]))).toEqual(new Set([0]))
      expect(state.step).toBe(0)
      expect(state.weights.map(({ name, shape }) => ({ name, shape }))).toEqual(
        weightShapes(model).map(({ name, shape }) => ({ name, shape })),
      )
      trainer.dispose()
    })

    test('continues with bit-for-bit identical results from a saved state, dropout included', async () => {
      const [first, second] = [await compile(), await compile()]
      for (let i = 0; i < 3; i++) await first.step(batch)
      const saved = await first.save()
      const untouched = flat(saved.weights)
      const results = [await first.step(batch), await first.step(batch)]
      expect(flat(saved.weights)).toEqual(untouched)
      await second.load(saved)
      expect([await second.step(batch), await second.step(batch)]).toEqual(results)
      expect(await second.save()).toEqual(await first.save())
      first.dispose()
      second.dispose()
    })

    test('evaluates without changing anything, and gives the same result twice', async () => {
      const trainer = await compile()
      await trainer.step(batch)
      const before = await trainer.save()
      expect(await trainer.evaluate(batch)).toEqual(await trainer.evaluate(batch))
      expect(await trainer.save()).toEqual(before)
      trainer.dispose()
    })

    test('predicts any number of images, as probabilities', async () => {
      const trainer = await compile()
      const { images } = samples(model, 19)
      const all = await trainer.predict(images)
      expect(all).toHaveLength(19 * 3)
      for (let i = 0; i < 19; i++)
        expect(all[3 * i]! + all[3 * i + 1]! + all[3 * i + 2]!).toBeCloseTo(1, 5)
      const pixels = images.length / 19
      const last = await trainer.predict(images.subarray(18 * pixels))
      for (let c = 0; c < 3; c++) expect(last[c]).toBeCloseTo(all[54 + c]!, 5)
      expect(await trainer.predict(new Uint8Array(0))).toHaveLength(0)
      trainer.dispose()
    })

    test('takes a batch shorter than planned', async () => {
      const trainer = await compile()
      const { loss } = await trainer.step(toBatch(samples(model, 3)))
      expect(Number.isFinite(loss)).toBe(true)
      trainer.dispose()
    })

    test(`holds no more tensors after ${leakSteps} steps than after two`, async () => {
      const trainer = await compile(model, {
        optimizer: { ...plan.optimizer, weightDecay: 0.01 },
      })
      const work = async (steps: number) => {
        for (let i = 0; i < steps; i++) await trainer.step(batch, i % 2 === 0 ? 0.01 : 0.02)
        await trainer.evaluate(batch)
        await trainer.predict(samples(model, 9).images)
        await trainer.load(await trainer.save())
      }
      await work(2)
      const before = session.memory()
      await work(leakSteps)
      expect(session.memory()).toEqual(before)
      trainer.dispose()
    })

    test('frees everything when trainers are disposed, also if they are disposed twice or by closing', async () => {
      const own = await create().open()
      const before = own.memory()
      const trainer = await own.compile(model, plan, weightsOf(model))
      await trainer.step(batch)
      trainer.dispose()
      trainer.dispose()
      expect(own.memory()).toEqual(before)
      await own.compile(model, plan, weightsOf(model))
      await own.close()
      await own.close()
      expect(session.memory()).toEqual(before)
    })

    describe('refuses, in one line, before anything has changed,', () => {
      const refusal = async (work: Promise<unknown>): Promise<InputError | undefined> => {
        const reason: unknown = await work.then(
          () => undefined,
          (error: unknown) => error,
        )
        return isInputError(reason) && !reason.message.includes('\n') ? reason : undefined
      }
      const expectRefused = async (works: readonly (() => Promise<unknown>)[]): Promise<void> => {
        for (const [i, work] of works.entries())
          expect(await refusal(work()), `refusal ${i}`).toBeDefined()
      }
      const resized = (size: number): Batch => ({ ...batch, size })
      const labelled = (labels: ArrayLike<number>): Batch => ({
        ...batch,
        labels: labels as Uint8Array,
      })
      const wrong: Readonly<Record<string, readonly Batch[]>> = {
        'a batch larger than planned': [toBatch(samples(model, 9)), resized(9), resized(Infinity)],
        'a batch without samples or with a part of one': [
          resized(0),
          resized(-1),
          resized(2.5),
          resized(NaN),
        ],
        'fewer or more labels than samples': [labelled(new Uint8Array(7)), resized(7)],
        'a label that is no class of the model': [3, 255, -1, 0.5, NaN].map((label) =>
          labelled([0, 1, 2, 0, 1, 2, 0, label]),
        ),
        'images of another size': [
          { ...batch, pixels: 1 },
          { ...batch, pixels: 4 * samples(model, 1).images.length },
        ],
      }
      let trainer: Trainer
      let before: TrainerState
      beforeAll(async () => {
        trainer = await compile()
        await trainer.step(batch)
        before = await trainer.save()
      })
      afterEach(async () => expect(await trainer.save()).toEqual(before))
      afterAll(() => trainer.dispose())

      test.each(Object.keys(wrong))('%s', (name) =>
        expectRefused(
          wrong[name]!.flatMap((one) => [() => trainer.step(one), () => trainer.evaluate(one)]),
        ),
      )

      test('a learning rate that is negative or not finite', () =>
        expectRefused(
          [NaN, Infinity, -Infinity, -0.1].map((rate) => () => trainer.step(batch, rate)),
        ))

      test('pixels that are not whole images', () =>
        expectRefused(
          [1, samples(model, 3).images.length - 1].map(
            (length) => () => trainer.predict(new Uint8Array(length)),
          ),
        ))

      test('a state of another model, or one that is incomplete', () => {
        const cut = (weights: Weights): Weights => [
          { ...weights[0]!, data: weights[0]!.data.subarray(1) },
          ...weights.slice(1),
        ]
        const states: TrainerState[] = [
          { ...before, weights: before.weights.slice(1) },
          { ...before, weights: cut(before.weights) },
          { ...before, velocity: [...before.velocity].reverse() },
          { ...before, velocity: cut(before.velocity) },
          ...[-1, 0.5, NaN].map((step) => ({ ...before, step })),
        ]
        return expectRefused(states.map((state) => () => trainer.load(state)))
      })

      test('every call after dispose, and to compile after close', async () => {
        const own = await create().open()
        const disposed = await own.compile(model, plan, weightsOf(model))
        const state = await disposed.save()
        disposed.dispose()
        await expectRefused([
          () => disposed.step(batch),
          () => disposed.evaluate(batch),
          () => disposed.predict(samples(model, 1).images),
          () => disposed.save(),
          () => disposed.load(state),
        ])
        const orphan = await own.compile(model, plan, weightsOf(model))
        await own.close()
        await expectRefused([
          () => orphan.step(batch),
          () => own.compile(model, plan, weightsOf(model)),
        ])
      })
    })

    if (trains) trainingContract(model, compile)
  })
}

function trainingContract(
  model: ModelSpec,
  compile: (spec?: ModelSpec, changes?: Partial<TrainingPlan>) => Promise<Trainer>,
): void {
  const pure = withoutDropout(model)
  const data = samples(model, 8)
  const batch = toBatch(data)
  const sgd = plan.optimizer

  test('learns a batch: the loss falls and the predictions become the labels', async () => {
    const trainer = await compile(pure)
    const first = await trainer.step(batch)
    for (let i = 0; i < 60; i++) await trainer.step(batch)
    const last = await trainer.evaluate(batch)
    expect(last.loss).toBeLessThan(first.loss / 4)
    expect(last.correct).toBe(8)
    const predicted = await trainer.predict(data.images)
    const labels = Array.from(data.labels, (_, i) => argmax(predicted.subarray(3 * i, 3 * i + 3)))
    expect(labels).toEqual(Array.from(data.labels))
    trainer.dispose()
  })

  test('has more than 256 outputs, and learns labels that a byte would wrap into others', async () => {
    const trainer = await compile({
      name: 'many-classes',
      inputShape: model.inputShape,
      layers: [{ type: 'flatten' }, { type: 'dense', units: 300 }, { type: 'softmax' }],
    })
    const labels = Uint16Array.of(299, 43, 256, 0, 298, 42, 255, 7)
    const wide = toBatch({ images: data.images, labels })
    const rows = async () => {
      const outputs = await trainer.predict(data.images)
      return Array.from(labels, (_, i) => outputs.subarray(300 * i, 300 * (i + 1)))
    }
    const before = await rows()
    const mean = before.reduce((sum, row, i) => sum - Math.log(row[labels[i]!]!), 0) / 8
    expect((await trainer.evaluate(wide)).loss).toBeCloseTo(mean, 4)
    for (let i = 0; i < 60; i++) await trainer.step(wide, 0.02)
    expect((await trainer.evaluate(wide)).correct).toBe(8)
    expect((await rows()).map((row) => argmax(row))).toEqual(Array.from(labels))
    trainer.dispose()
  })

  test('predicts logits when the model does not end in softmax', async () => {
    const [logits, probabilities] = [
      await compile({ ...pure, layers: pure.layers.slice(0, -1) }),
      await compile(pure),
    ]
    const [z, p] = [await logits.predict(data.images), await probabilities.predict(data.images)]
    for (let c = 1; c < 3; c++) expect(z[c]! - z[0]!).toBeCloseTo(Math.log(p[c]! / p[0]!), 4)
    logits.dispose()
    probabilities.dispose()
  })

  test.each(['softmaxCrossEntropy', 'doubleSoftmaxCrossEntropy'] as const)(
    '%s: the gradients are the slopes of the loss',
    async (loss) => {
      const trainer = await compile(pure, { loss })
      const start = await trainer.save()
      await trainer.step(batch)
      const gradients = gradientsOf(sgd, start, await trainer.save())
      const lossWith = async (tensor: number, at: number, change: number) => {
        const weights = start.weights.map((w) => ({ ...w, data: w.data.slice() }))
        weights[tensor]!.data[at]! += change
        await trainer.load({ ...start, weights })
        return (await trainer.evaluate(batch)).loss
      }
      const h = 2 ** -9
      const base = await lossWith(0, 0, 0)
      let [compared, skipped] = [0, 0]
      for (const [tensor, { name, data: gradient }] of gradients.entries()) {
        const tolerance = 0.02 * Math.max(...gradient.map(Math.abs)) + 1e-4
        for (const at of new Set(
          [0, 1, 2, 3].map((i) => Math.floor((i * (gradient.length - 1)) / 3)),
        )) {
          const [above, below] = [
            ((await lossWith(tensor, at, h)) - base) / h,
            (base - (await lossWith(tensor, at, -h))) / h,
          ]
          // Relu and max pooling have kinks, and one within reach of h makes the two slopes differ.
          if (Math.abs(above - below) > tolerance) {
            skipped++
            continue
          }
          compared++
          const slope = (above + below) / 2
          expect(
            Math.abs(slope - gradient[at]!),
            `${name}[${at}]: slope ${slope}, gradient ${gradient[at]}`,
          ).toBeLessThan(tolerance)
        }
      }
      expect(compared).toBeGreaterThan(4 * skipped)
      trainer.dispose()
    },
  )

  test('updates the weights as PyTorch does: v ← momentum · v + g + decay · w, w ← w − rate · v', async () => {
    const [plain, decayed] = [
      await compile(pure),
      await compile(pure, { optimizer: { ...sgd, weightDecay: 0.1 } }),
    ]
    const start = flat((await plain.save()).weights)
    await plain.step(batch)
    await decayed.step(batch, 0.5)
    const [one, two] = [await plain.save(), await decayed.save()]
    const [g, v] = [flat(one.velocity), flat(two.velocity)]
    const [w1, w2] = [flat(one.weights), flat(two.weights)]
    for (const [i, w] of start.entries()) {
      expect(v[i]).toBeCloseTo(g[i]! + 0.1 * w, 5)
      expect(w1[i]).toBeCloseTo(w - sgd.learningRate * g[i]!, 5)
      expect(w2[i]).toBeCloseTo(w - 0.5 * v[i]!, 5)
    }
    // A second step with rate 0 leaves the weights where they are, so both trainers compute the
    // gradient of the same weights.
    await plain.step(batch, 0)
    await decayed.load({
      ...one,
      velocity: one.velocity.map((t) => ({ ...t, data: new Float32Array(t.data.length) })),
    })
    await decayed.step(batch, 0)
    const [withMomentum, fresh] = [
      flat((await plain.save()).velocity),
      flat((await decayed.save()).velocity),
    ]
    for (const [i, momentum] of withMomentum.entries()) {
      expect(momentum).toBeCloseTo(sgd.momentum * g[i]! + fresh[i]! - 0.1 * w1[i]!, 4)
    }
    plain.dispose()
    decayed.dispose()
  })

  test('updates with Nesterov momentum as PyTorch does: w ← w − rate · (momentum · v + g + decay · w)', async () => {
    const trainer = await compile(pure, {
      optimizer: { ...sgd, weightDecay: 0.1, nesterov: true },
    })
    await trainer.step(batch)
    const before = await trainer.save()
    await trainer.step(batch, 0.5)
    const after = await trainer.save()
    const [v0, v1] = [flat(before.velocity), flat(after.velocity)]
    const [w0, w1] = [flat(before.weights), flat(after.weights)]
    let difference = 0
    for (const [i, v] of v1.entries()) {
      const slope = v - sgd.momentum * v0[i]!
      expect(w1[i]).toBeCloseTo(w0[i]! - 0.5 * (sgd.momentum * v + slope), 5)
      difference = Math.max(difference, Math.abs(w1[i]! - (w0[i]! - 0.5 * v)))
    }
    expect(difference, 'the difference from plain momentum').toBeGreaterThan(1e-3)
    trainer.dispose()
  })

  test('velocities never become denormal numbers, for which processors take a hundred times as long', async () => {
    const isDenormal = (v: number) => v !== 0 && Math.abs(v) < 2 ** -126
    const labels = new Uint8Array(8)
    const scores = [100, 0, 0]
    const trainer = await compile(pure)
    await trainer.step(batch)
    // From here on the model is so sure of the label that every gradient is 0.
    const state = await trainer.save()
    const weights = state.weights.map((tensor, i, { length }) =>
      i < length - 2
        ? tensor
        : { ...tensor, data: tensor.data.map((_, c) => (i < length - 1 ? 0 : scores[c]!)) },
    )
    await trainer.load({ ...state, weights })
    for (let i = 0; i < 1000; i++) await trainer.step({ ...batch, labels }, 0)
    expect(flat((await trainer.save()).velocity).filter(isDenormal)).toEqual([])
    trainer.dispose()

    // The gradients of the weights are denormal numbers, because the pixels are.
    const tiny = await compile({
      name: 'tiny-gradients',
      inputShape: model.inputShape,
      normalization: { mean: 0, std: 1e37 },
      layers: [{ type: 'flatten' }, { type: 'dense', units: 3 }],
    })
    for (let i = 0; i < 40; i++) await tiny.step(batch)
    expect(flat((await tiny.save()).velocity).filter(isDenormal)).toEqual([])
    tiny.dispose()
  })

  test('drops the features that the random generator selects for the seed, layer and step', async () => {
    const spec: ModelSpec = {
      name: 'dropped',
      inputShape: [4, 5, 1],
      layers: [
        { type: 'flatten' },
        { type: 'dropout', rate: 0.5 },
        { type: 'dense', units: 3 },
        { type: 'softmax' },
      ],
    }
    const trainer = await compile(spec, { seed: 99 })
    const one = toBatch({ images: new Uint8Array(20).fill(255), labels: Uint8Array.of(1) })
    for (let step = 0; step < 3; step++) {
      // Without velocity from earlier steps, which would leave rounding errors in the gradient.
      await trainer.load({ ...startState((await trainer.save()).weights), step })
      const before = await trainer.save()
      await trainer.step(one)
      const kernel = gradientsOf(sgd, before, await trainer.save())[0]!.data
      const mask = new Float32Array(20)
      fillDropoutMask(createStream(99, 'dropout', 1, step), mask, 0.5)
      // The kernel's gradient is input × output gradient. The row of a dropped feature is zero, and
      // no other row is.
      for (let i = 0; i < 20; i++)
        expect(kernel[3 * i] !== 0, `feature ${i} in step ${step}`).toBe(mask[i] !== 0)
    }
    trainer.dispose()
  })
}
