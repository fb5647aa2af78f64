import type { Trainer } from '@mnist-lab/backends'
import { expect, test } from 'vitest'
import { evaluate, fit, TrainError, type Checkpoint } from '../src/index.js'
import { collect, compile, endOf, plan, rejection, samples, smallRun, spec } from './small-run.js'

test('events come in order: start, an epoch’s steps, its figures, …, end', async () => {
  const events = await collect(await smallRun({ epochs: 2 }))
  const steps = Array<string>(5).fill('step')
  expect(events.map(({ type }) => type)).toEqual([
    'start',
    ...steps,
    'epoch',
    ...steps,
    'epoch',
    'end',
  ])
  expect(events[0]).toEqual({ type: 'start', epochs: 2, stepsPerEpoch: 5, samples: 45 })
  expect(
    events
      .filter((event) => event.type === 'step')
      .map(({ epoch, step, size }) => [epoch, step, size]),
  ).toEqual([
    [1, 1, 10],
    [1, 2, 10],
    [1, 3, 10],
    [1, 4, 10],
    [1, 5, 5],
    [2, 1, 10],
    [2, 2, 10],
    [2, 3, 10],
    [2, 4, 10],
    [2, 5, 5],
  ])
  expect(endOf(events)).toMatchObject({ reason: 'completed', epochs: [{ epoch: 1 }, { epoch: 2 }] })
})

test('the figures of an epoch are those of its steps, and its validation figures are those of evaluate', async () => {
  const options = await smallRun({ epochs: 1 })
  const events = await collect(options)
  const steps = events.filter((event) => event.type === 'step')
  const { train, validation } = endOf(events).epochs[0]!
  expect(train.loss).toBeCloseTo(
    steps.reduce((sum, { loss, size }) => sum + loss * size, 0) / 45,
    12,
  )
  expect(train.batchLossPerSample).toBeCloseTo(
    steps.reduce((sum, { loss }) => sum + loss, 0) / 45,
    12,
  )
  expect(train.accuracy).toBe(steps.reduce((sum, { correct }) => sum + correct, 0) / 45)
  expect(validation).toEqual(
    await evaluate(options.trainer, options.validation!, { batchSize: 10 }),
  )
})

test('training time counts only the steps, without validation and without the consumer', async () => {
  let time = 0
  const inner = await compile()
  const trainer: Trainer = {
    ...bind(inner),
    step: (...step) => ((time += 10), inner.step(...step)),
    evaluate: (batch) => ((time += 100), inner.evaluate(batch)),
  }
  const events = await collect(await smallRun({ trainer, epochs: 2, now: () => time }), (event) => {
    if (event.type === 'step') time += 1000
  })
  for (const { trainSeconds, evaluateSeconds } of endOf(events).epochs) {
    expect(trainSeconds).toBeCloseTo(0.05, 9)
    expect(evaluateSeconds).toBeCloseTo(0.2, 9)
  }
})

test('without validation samples there are no validation figures', async () => {
  const { validation: _, ...options } = await smallRun({ epochs: 1 })
  const [figures] = endOf(await collect(options)).epochs
  expect(figures).not.toHaveProperty('validation')
})

test('every epoch shows every sample once, each in another order', async () => {
  const seen: number[][] = []
  const inner = await compile()
  const trainer: Trainer = {
    ...bind(inner),
    step: (batch) => (seen.push([...batch.labels]), inner.step(batch)),
  }
  await collect(await smallRun({ trainer, epochs: 2 }))
  const [first, second] = [seen.slice(0, 5).flat(), seen.slice(5).flat()]
  expect(first).not.toEqual(second)
  expect([...first].sort((a, b) => a - b)).toEqual([...samples(45).labels].sort((a, b) => a - b))
  expect([...second].sort((a, b) => a - b)).toEqual([...first].sort((a, b) => a - b))
})

test('the rate of a schedule reaches the trainer, the event and the figures', async () => {
  const rates: (number | undefined)[] = []
  const inner = await compile()
  const trainer: Trainer = {
    ...bind(inner),
    step: (batch, rate) => (rates.push(rate), inner.step(batch, rate)),
  }
  const events = await collect(
    await smallRun({ trainer, epochs: 3, schedule: { type: 'step', every: 2, factor: 0.5 } }),
  )
  expect(rates).toEqual([...Array<number>(10).fill(0.1), ...Array<number>(5).fill(0.05)])
  expect(
    events.filter((event) => event.type === 'step').map(({ learningRate }) => learningRate),
  ).toEqual(rates)
  expect(endOf(events).epochs.map(({ learningRate }) => learningRate)).toEqual([0.1, 0.1, 0.05])
})

test('an abort ends the run after the step it falls in, without an exception', async () => {
  const controller = new AbortController()
  const events = await collect(await smallRun({ signal: controller.signal }), (event) => {
    if (event.type === 'step' && event.epoch === 2 && event.step === 3) controller.abort()
  })
  expect(events.filter((event) => event.type === 'step')).toHaveLength(8)
  const { reason, epochs, checkpoint } = endOf(events)
  expect([
    reason,
    epochs.length,
    checkpoint.epoch,
    checkpoint.stepInEpoch,
    checkpoint.pass.samples,
  ]).toEqual(['aborted', 1, 2, 3, 30])
})

test('a run aborted before its first step has done nothing', async () => {
  const events = await collect(await smallRun({ signal: AbortSignal.abort() }))
  expect(events.map(({ type }) => type)).toEqual(['start', 'end'])
  expect(endOf(events)).toMatchObject({
    reason: 'aborted',
    checkpoint: { epoch: 1, stepInEpoch: 0, state: { step: 0 } },
  })
})

test('an abort in the last epoch event has no effect', async () => {
  const controller = new AbortController()
  const events = await collect(
    await smallRun({ epochs: 1, signal: controller.signal }),
    (event) => {
      if (event.type === 'epoch') controller.abort()
    },
  )
  expect(endOf(events).reason).toBe('completed')
})

test('timers run while a backend resolves everything at once', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 1)
  const { now: _, ...options } = await smallRun({ epochs: 20_000, signal: controller.signal })
  expect(endOf(await lastOf(fit(options))).reason).toBe('aborted')
})

test('the trainer is between two steps when the consumer leaves the loop', async () => {
  const options = await smallRun()
  for await (const event of fit(options)) if (event.type === 'step' && event.step === 3) break
  expect((await options.trainer.save()).step).toBe(3)
  await expect(
    options.trainer.step({ size: 1, labels: Uint8Array.of(0), writeImages: () => undefined }),
  ).resolves.toBeDefined()
})

test('checkpoints come every checkpointEvery steps, across the ends of epochs', async () => {
  const events = await collect(await smallRun({ epochs: 2, checkpointEvery: 4 }))
  const at = events
    .filter((event) => event.type === 'checkpoint')
    .map(({ checkpoint }) => [checkpoint.epoch, checkpoint.stepInEpoch])
  expect(at).toEqual([
    [1, 4],
    [2, 3],
  ])
})

test('the checkpoint of an epoch is between two epochs, and is refused once training has continued', async () => {
  const late: (() => Promise<Checkpoint>)[] = []
  const stale = 'the checkpoint of an epoch must be saved before its event has been handled'
  for await (const event of fit(await smallRun({ epochs: 2 }))) {
    if (event.type === 'step' && event.epoch === 2) await expect(late[0]!()).rejects.toThrow(stale)
    if (event.type !== 'epoch') continue
    expect(await event.checkpoint()).toMatchObject({
      epoch: event.figures.epoch + 1,
      stepInEpoch: 0,
      history: { length: event.figures.epoch },
    })
    late.push(event.checkpoint)
  }
  await expect(late[0]!()).rejects.toThrow(stale)
})

test.each<[string, number]>([
  ['NaN', NaN],
  ['Infinity', Infinity],
])('a loss of %s ends the run with the step’s name', async (got, loss) => {
  const inner = await compile()
  const trainer: Trainer = { ...bind(inner), step: async () => ({ loss, correct: 0 }) }
  await expect(collect(await smallRun({ trainer }))).rejects.toThrow(
    `epoch 1 step 1: training diverged, expected a finite loss, got ${got}; lower the learning rate`,
  )
  const evaluating: Trainer = { ...bind(inner), evaluate: async () => ({ loss, correct: 0 }) }
  await expect(collect(await smallRun({ trainer: evaluating }))).rejects.toThrow(
    'small/test samples 0 to 9: training diverged',
  )
})

test.each<[string, object, RegExp]>([
  ['no epochs', { epochs: 0 }, /^training options: field epochs: /],
  [
    'half a step between checkpoints',
    { checkpointEvery: 0.5 },
    /^training options: field checkpointEvery: /,
  ],
  [
    'a schedule that raises the rate',
    { schedule: { type: 'step', every: 1, factor: 2 } },
    /^schedule: field factor: /,
  ],
  [
    'no patience',
    { earlyStopping: { monitor: 'loss', patience: 0 } },
    /^early stopping: field patience: /,
  ],
  [
    'early stopping without validation',
    { validation: undefined, earlyStopping: { monitor: 'loss', patience: 1 } },
    /^early stopping: there are no/,
  ],
  [
    'images of another size',
    { spec: { ...spec, inputShape: [28, 28, 1] } },
    /^small\/train with small: expected images of 28×28×1, got 6×5×1; /,
  ],
  [
    'more classes than outputs',
    { validation: { ...samples(3), classNames: ['a', 'b', 'c', 'd', 'e'] } },
    /: labels from 0 to 4 need an output each, expected a model with at least 5 outputs, got 4; /,
  ],
])('%s is refused in one line', async (_, changes, message) => {
  const error = await rejection(collect(await smallRun(changes)))
  expect(error).toBeInstanceOf(TrainError)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('\n')
})

test('the seed decides the order, the plan’s batch size the steps', async () => {
  const other = { ...plan, seed: 6 }
  const losses = async (changed: typeof plan) =>
    (await collect(await smallRun({ plan: changed, epochs: 1 }))).flatMap((event) =>
      event.type === 'step' ? [event.loss] : [],
    )
  expect(await losses(plan)).toEqual(await losses(plan))
  expect(await losses(plan)).not.toEqual(await losses(other))
})

/** The trainer's methods as properties, to spread. */
function bind(trainer: Trainer): Trainer {
  return {
    step: (...step) => trainer.step(...step),
    evaluate: (batch) => trainer.evaluate(batch),
    predict: (images) => trainer.predict(images),
    save: () => trainer.save(),
    load: (state) => trainer.load(state),
    dispose: () => trainer.dispose(),
  }
}

async function lastOf<T>(events: AsyncIterable<T>): Promise<[T]> {
  let last: T | undefined
  for await (const event of events) last = event
  return [last!]
}
