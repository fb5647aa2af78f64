import { cpu } from '@mnist-lab/backends/cpu'
import type { EpochFigures } from '../src/run-schema.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cosine,
  decodeCheckpoint,
  encodeCheckpoint,
  TrainError,
  type Checkpoint,
  type FitOptions,
} from '../src/index.js'
import { collect, compile, endOf, plan, rejection, samples, smallRun, spec } from './small-run.js'

const options: Partial<FitOptions> = {
  schedule: cosine({ epochs: 3, warmup: 0.5 }),
  earlyStopping: { monitor: 'accuracy', patience: 9 },
}
const throughFile = (checkpoint: Checkpoint) =>
  decodeCheckpoint(encodeCheckpoint(checkpoint), 'checkpoint')
const withoutSeconds = (epochs: readonly EpochFigures[]) =>
  epochs.map((figures) => ({ ...figures, trainSeconds: 0, evaluateSeconds: 0 }))

async function expectSame(resumed: Checkpoint, whole: Checkpoint): Promise<void> {
  expect(withoutSeconds(resumed.history)).toEqual(withoutSeconds(whole.history))
  const timeless = (checkpoint: Checkpoint) =>
    encodeCheckpoint({ ...checkpoint, trainSeconds: 0, history: [] })
  expect(timeless(resumed)).toEqual(timeless(whole))
}

test('one epoch and, resumed, two more give the bytes of three', async () => {
  const whole = endOf(await collect(await smallRun(options)))
  const first = endOf(await collect(await smallRun({ ...options, epochs: 1 })))
  const events = await collect(
    await smallRun({ ...options, resume: throughFile(first.checkpoint) }),
  )
  expect(events[0]).toMatchObject({ resumedAt: { epoch: 2, stepInEpoch: 0 } })
  await expectSame(endOf(events).checkpoint, whole.checkpoint)
})

test('aborted after any step and resumed, through any number of files, a run gives the same bytes', async () => {
  const whole = endOf(await collect(await smallRun(options)))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 }),
      async (stops) => {
        let resume: Checkpoint | undefined
        for (const stop of [...stops, Infinity]) {
          const controller = new AbortController()
          let steps = 0
          if (stop === 0) controller.abort()
          const run = await smallRun({
            ...options,
            signal: controller.signal,
            ...(resume === undefined ? {} : { resume }),
          })
          const events = await collect(run, (event) => {
            if (event.type === 'step' && ++steps === stop) controller.abort()
          })
          resume = throughFile(endOf(events).checkpoint)
        }
        await expectSame(resume!, whole.checkpoint)
      },
    ),
    { numRuns: 25 },
  )
})

test('an abort during validation keeps the steps of the epoch, and resuming begins with the validation', async () => {
  const whole = endOf(await collect(await smallRun(options)))
  const controller = new AbortController()
  const trainer = await compile()
  const evaluate = trainer.evaluate.bind(trainer)
  trainer.evaluate = (batch) => (controller.abort(), evaluate(batch))
  const { checkpoint } = endOf(
    await collect(await smallRun({ ...options, trainer, signal: controller.signal })),
  )
  expect([checkpoint.epoch, checkpoint.stepInEpoch]).toEqual([1, 5])
  const events = await collect(await smallRun({ ...options, resume: throughFile(checkpoint) }))
  expect(events[1]!.type).toBe('epoch')
  await expectSame(endOf(events).checkpoint, whole.checkpoint)
})

test('a periodic checkpoint resumes as an abort’s does', async () => {
  const events = await collect(await smallRun({ ...options, checkpointEvery: 7 }))
  const saved = events.find((event) => event.type === 'checkpoint')!
  const resumed = endOf(
    await collect(await smallRun({ ...options, resume: throughFile(saved.checkpoint) })),
  )
  await expectSame(resumed.checkpoint, endOf(events).checkpoint)
})

test('a run with dropout and momentum on a real engine resumes to the same bytes', async () => {
  const whole = endOf(await collect(await smallRun({ ...options, trainer: await compile(cpu()) })))
  const controller = new AbortController()
  const trainer = await compile(cpu())
  const broken = endOf(
    await collect(await smallRun({ ...options, trainer, signal: controller.signal }), (event) => {
      if (event.type === 'step' && event.epoch === 2 && event.step === 2) controller.abort()
    }),
  )
  const resumed = endOf(
    await collect(
      await smallRun({
        ...options,
        trainer: await compile(cpu()),
        resume: throughFile(broken.checkpoint),
      }),
    ),
  )
  await expectSame(resumed.checkpoint, whole.checkpoint)
  expect(whole.epochs[2]!.train.loss).toBeLessThan(whole.epochs[0]!.train.loss)
})

test('the seconds of an interrupted epoch are added up', async () => {
  const controller = new AbortController()
  const { checkpoint } = endOf(
    await collect(await smallRun({ signal: controller.signal }), (event) => {
      if (event.type === 'step' && event.step === 3) controller.abort()
    }),
  )
  expect(checkpoint.trainSeconds).toBeCloseTo(0.003, 9)
  expect(
    endOf(await collect(await smallRun({ resume: checkpoint }))).epochs[0]!.trainSeconds,
  ).toBeCloseTo(0.005, 9)
})

test('resuming needs no schedule: the checkpoint has it', async () => {
  const first = endOf(await collect(await smallRun({ ...options, epochs: 1 })))
  const resumed = endOf(await collect(await smallRun({ resume: first.checkpoint })))
  await expectSame(resumed.checkpoint, endOf(await collect(await smallRun(options))).checkpoint)
})

test('a completed run that is resumed ends at once', async () => {
  const { checkpoint } = endOf(await collect(await smallRun()))
  const events = await collect(await smallRun({ resume: checkpoint }))
  expect(events.map(({ type }) => type)).toEqual(['start', 'end'])
  expect(endOf(events).reason).toBe('completed')
})

const optimizer = { ...plan.optimizer, learningRate: 0.2 }
test.each<[string, Partial<FitOptions>, string]>([
  [
    'model',
    { spec: { ...spec, name: 'other' } },
    'the model is not the one that the run was trained with, expected small, got other',
  ],
  [
    'dropout',
    { spec: { ...spec, layers: spec.layers.toSpliced(3, 1) } },
    'the model is not the one that the run was trained with, expected small, got another small',
  ],
  [
    'seed',
    { plan: { ...plan, seed: 6 } },
    'the plan’s seed is not the one that the run was trained with, expected 5, got 6',
  ],
  [
    'learning rate',
    { plan: { ...plan, optimizer } },
    'the plan’s learningRate is not the one that the run was trained with, expected 0.1, got 0.2',
  ],
  [
    'Nesterov momentum',
    { plan: { ...plan, optimizer: { ...plan.optimizer, nesterov: true } } },
    'the plan’s nesterov is not the one that the run was trained with, expected false, got true',
  ],
  [
    'data set size',
    { train: samples(46) },
    'the number of training samples is not the one that the run was trained with, expected 45, got 46',
  ],
  [
    'schedule',
    { schedule: { type: 'constant' } },
    'the schedule is not the one that the run was trained with, expected {"epochs":3,',
  ],
  [
    'early stopping',
    { earlyStopping: { monitor: 'loss', patience: 9 } },
    'early stopping is not the one that the run was trained with, expected {',
  ],
  [
    'fewer epochs',
    { epochs: 1 },
    'the run has already begun more epochs, expected 2 epochs or more, got 1',
  ],
])('a checkpoint of another run is refused: %s', async (_, changes, message) => {
  const { checkpoint } = endOf(await collect(await smallRun({ ...options, epochs: 2 })))
  const error = await rejection(collect(await smallRun({ resume: checkpoint, ...changes })))
  expect(error).toBeInstanceOf(TrainError)
  expect(error.message).toContain(`checkpoint: ${message}`)
})
