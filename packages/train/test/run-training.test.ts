import { nullBackend } from '@mnist-lab/backends/null'
import { initialWeights } from '@mnist-lab/models'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Checkpoint,
  evaluate,
  splitValidation,
  type FitEvent,
  type RunResult,
} from '../src/index.js'
import {
  createRun,
  openRun,
  resumeRun,
  runTraining,
  type Training,
  type TrainingView,
} from '../src/node.js'
import { compile, plan, samples, spec } from './small-run.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mnist-lab-train-'))
})
afterEach(() => rm(root, { recursive: true }))

const testImages = samples(20, 'small/test')

function training(name: string, changes: Partial<Training> = {}): Training {
  return {
    spec,
    plan,
    weights: initialWeights(spec, { seed: plan.seed, scheme: 'pytorch' }),
    initialWeights: 'pytorch',
    epochs: 3,
    ...splitValidation(samples(45), 9, plan.seed),
    test: testImages,
    backend: nullBackend(),
    why: 'null, for a test',
    folder: () => createRun(join(root, name)),
    ...changes,
  }
}

async function run(
  setup: Training,
  onEvent: (event: FitEvent) => void = () => undefined,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunResult> {
  const nothing = () => undefined
  const view: TrainingView = {
    start: nothing,
    end: nothing,
    warn: nothing,
    clear: nothing,
    event: onEvent,
  }
  return runTraining(setup, view, signal)
}

test('with validation images of its own, a run evaluates the test images once, at its end', async () => {
  const figures: (RunResult['test'] | undefined)[] = []
  const ended = await run(training('a'), (event) => {
    if (event.type === 'epoch') figures.push(event.figures.validation)
  })
  expect(figures.map((validation) => validation?.samples)).toEqual([9, 9, 9])
  expect(ended.status).toBe('completed')
  const { run: kept, checkpoint } = await openRun(join(root, 'a'))
  const trainer = await compile()
  await trainer.load(checkpoint!.state)
  expect(kept.test).toEqual(await evaluate(trainer, testImages, { batchSize: plan.batchSize }))
  expect(kept.test).toEqual(ended.test)
})

test('without them nothing is added to run.json', async () => {
  const { validation: _, ...whole } = training('a', { train: samples(45) })
  const ended = await run(whole)
  expect(ended).not.toHaveProperty('test')
  expect(ended.dataset).toEqual({
    classNames: ['a', 'b', 'c', 'd'],
    name: 'small/train',
    trainSamples: 45,
    validationSamples: 20,
  })
})

test('a run that is aborted while the test images are evaluated resumes with this evaluation', async () => {
  const whole = await run(training('whole'))
  const abort = new AbortController()
  const interrupted = await run(
    training('a'),
    (event) => {
      if (event.type === 'end') abort.abort()
    },
    abort.signal,
  )
  expect([interrupted.status, interrupted.epochs.length]).toEqual(['interrupted', 3])
  expect(interrupted).not.toHaveProperty('test')
  const { checkpoint } = await openRun(join(root, 'a'))
  const events: string[] = []
  const resumed = await run(
    training('a', {
      resume: checkpoint as Checkpoint,
      folder: () => resumeRun(join(root, 'a'), checkpoint as Checkpoint),
    }),
    ({ type }) => events.push(type),
  )
  expect(events).toEqual(['start', 'end'])
  expect([resumed.status, resumed.test]).toEqual(['completed', whole.test])
  expect(await readFile(join(root, 'a', 'weights.safetensors'))).toEqual(
    await readFile(join(root, 'whole', 'weights.safetensors')),
  )
})

test('early stopping watches the validation images', async () => {
  const backend = nullBackend()
  const seen: number[] = []
  const worse = {
    ...backend,
    name: backend.name,
    probe: () => backend.probe(),
    async open() {
      const session = await backend.open()
      return {
        info: session.info,
        memory: () => session.memory(),
        close: () => session.close(),
        async compile(...args: Parameters<typeof session.compile>) {
          const trainer = await session.compile(...args)
          trainer.evaluate = async ({ size }) => (
            seen.push(size),
            { loss: seen.length, correct: 0 }
          )
          return trainer
        },
      }
    },
  }
  const ended = await run(
    training('a', { backend: worse, epochs: 9, earlyStopping: { monitor: 'loss', patience: 2 } }),
  )
  expect([ended.status, ended.epochs.length]).toEqual(['stopped-early', 3])
  // One batch of 9 for each of three epochs, then the 20 test images in batches of 10.
  expect(seen).toEqual([9, 9, 9, 10, 10])
})
