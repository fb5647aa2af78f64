import type { Backend, Session, Trainer } from '@mnist-lab/backends'
import { nullBackend } from '@mnist-lab/backends/null'
import { describe, expect, test } from 'vitest'
import type { CellReport, CellRequest, OkReport } from '../src/measure/cell-report.js'
import { calibrateTimer } from '../src/measure/clock.js'
import { measureCell } from '../src/measure/measure-cell.js'
import { profileCell, trainToAccuracy } from '../src/measure/purposes.js'
import type { CellTools } from '../src/measure/opened-cell.js'
import { cellRequest, dataset } from './fixtures/reports.js'

const STEP_MS = 10

const request = cellRequest({ budget: { steps: 6 } })

const data = async () => ({ train: dataset('train', 30), test: dataset('test', 10) })

/** Time passes only in steps and loading, so that the measured times are known. */
function toolsOf(
  wrap: (backend: Backend) => Backend = (backend) => backend,
  calls: string[] = [],
): CellTools {
  let time = 0
  const backend = wrap(
    nullBackend({
      delay: async () => {
        time += STEP_MS
      },
    }),
  )
  return {
    backend: () => backend,
    async loadData() {
      time += 250
      return data()
    },
    now: () => time,
    process: {
      peakRssBytes: () => 123,
      jsBytes: () => ({ heap: 1000, external: 200 }),
      // The process always uses half of a core.
      cpuMs: () => time / 2,
      machineMs: () => time,
      async collectGarbage() {
        calls.push('collect')
      },
      watchCollections: () => (
        calls.push('watch'),
        async () => (calls.push('seen'), { count: 2, ms: 3 })
      ),
    },
  }
}

function measure(change: Partial<CellRequest> = {}, wrap?: (backend: Backend) => Backend) {
  return measureCell({ ...request, ...change }, toolsOf(wrap))
}

const ok = (report: CellReport) => {
  expect(report.status).toBe('ok')
  return report as OkReport
}

/** Records the calls and the sizes of their batches. */
function spied(calls: string[]): (backend: Backend) => Backend {
  const trainer = (inner: Trainer): Trainer => ({
    step: (batch) => (calls.push(`step ${batch.size}`), inner.step(batch)),
    evaluate: (batch) => (calls.push(`evaluate ${batch.size}`), inner.evaluate(batch)),
    predict: (images) => (calls.push(`predict ${images.length}`), inner.predict(images)),
    save: () => (calls.push('save'), inner.save()),
    load: (state) => inner.load(state),
    dispose: () => inner.dispose(),
  })
  const session = (inner: Session): Session => ({
    info: inner.info,
    memory: () => inner.memory(),
    ...(inner.disturbed === undefined ? {} : { disturbed: () => inner.disturbed!() }),
    compile: async (...args) => trainer(await inner.compile(...args)),
    close: () => (calls.push('close'), inner.close()),
  })
  return (inner) => ({
    name: inner.name,
    probe: () => inner.probe(),
    open: async () => session(await inner.open()),
  })
}

describe('measureCell', () => {
  test('times every phase and every step separately', async () => {
    const { timings } = ok(await measure())
    expect(timings).toMatchObject({
      load: 250,
      open: 0,
      compile: 0,
      firstStep: STEP_MS,
      steps: [10, 10, 10, 10, 10, 10],
      evaluate: { images: 10, ms: 0 },
      memory: { peakRssBytes: 123, jsHeapBytes: 1000, jsExternalBytes: 200, tensors: 0 },
      collections: { count: 2, ms: 3 },
      leak: { steps: 6, tensors: 0, jsBytes: 0 },
      trainSamples: 30,
      testSamples: 10,
    })
    expect(timings!.predictOne!.length).toBeGreaterThanOrEqual(3)
  })

  test('discards warm-up steps, uses only full batches and closes the session at the end', async () => {
    const calls: string[] = []
    await measure({}, spied(calls))
    const steps = calls.filter((call) => call.startsWith('step'))
    // 20 to warm up, 6 timed; 30 images in batches of 4 leave 2 over in each epoch.
    expect(steps).toEqual(new Array<string>(26).fill('step 4'))
    expect(calls.filter((call) => call === 'save' || call.startsWith('step')).slice(0, 6)).toEqual([
      'step 4',
      'save',
      'step 4',
      'step 4',
      'save',
      'step 4',
    ])
    expect(calls.at(-1)).toBe('close')
  })

  test('stops after the given seconds, within its bounds on the number of steps', async () => {
    const steps = async (seconds: number, minSteps: number, maxSteps: number) =>
      ok(await measure({ budget: { seconds, minSteps, maxSteps } })).timings!.steps.length
    expect(await steps(0.1, 3, 2000)).toBe(10)
    expect(await steps(0.001, 3, 2000)).toBe(3)
    expect(await steps(1, 3, 7)).toBe(7)
  })

  test('gives a reference the same trace, and no timings', async () => {
    const whole = ok(await measure())
    const reference = ok(await measure({ purpose: 'reference' }))
    expect(reference.timings).toBeUndefined()
    expect(reference.trace).toEqual(whole.trace)
    expect(reference.trace!.losses).toHaveLength(3)
    expect(ok(await measure({ purpose: 'reference', seed: 2 })).trace).not.toEqual(whole.trace)
  })

  test('says why a backend is unavailable', async () => {
    const report = await measure({}, (backend) => ({
      ...backend,
      probe: async () => ({ ok: false, reason: 'no GPU', hint: 'get one' }),
    }))
    expect(report).toEqual({ status: 'unavailable', reason: 'no GPU', hint: 'get one' })
  })

  test('closes the session when training fails', async () => {
    const calls: string[] = []
    await expect(measure({ model: 'no-such' }, spied(calls))).rejects.toThrow(/no-such/)
    expect(calls).toEqual(['close'])
  })

  test('collects garbage before and after the timed steps, never in them', async () => {
    const calls: string[] = []
    await measureCell(request, toolsOf(spied(calls), calls))
    const steps = calls.flatMap((call, at) => (call.startsWith('step') ? [at] : []))
    const [watch, seen] = [calls.indexOf('watch'), calls.indexOf('seen')]
    expect(steps.filter((at) => at > watch && at < seen)).toHaveLength(6)
    expect(calls.slice(watch, seen)).not.toContain('collect')
    expect(calls[watch - 1]).toBe('collect')
    expect(calls.slice(seen)).toContain('collect')
  })

  test('reports the share of a core that the process had, if the steps last long enough', async () => {
    expect(ok(await measure({ budget: { steps: 12 } })).timings!.cpuShare).toBe(0.5)
    expect(ok(await measure()).timings!.cpuShare).toBeUndefined()
  })

  test('reports memory that grows over the timed steps', async () => {
    let tensors = 7
    const leaking = (inner: Backend): Backend => ({
      ...inner,
      async open() {
        const session = await inner.open()
        return {
          ...session,
          memory: () => ({ tensors, tensorBytes: 4 * tensors, reservedBytes: 64 }),
          compile: async (...args) => {
            const trainer = await session.compile(...args)
            return {
              step: (batch) => (tensors++, trainer.step(batch)),
              evaluate: (batch) => trainer.evaluate(batch),
              predict: (images) => trainer.predict(images),
              save: () => trainer.save(),
              load: (state) => trainer.load(state),
              dispose: () => trainer.dispose(),
            }
          },
        }
      },
    })
    const { leak, memory } = ok(await measure({}, leaking)).timings!
    expect(leak).toMatchObject({ steps: 6, tensors: 6, tensorBytes: 24, engineBytes: 0 })
    expect(memory).toMatchObject({ engineBytes: 64, tensors: 33 })
  })

  test('reports a number of threads in a sweep that does not run', async () => {
    expect(await measure({ askedThreads: 2, exactThreads: true })).toMatchObject({
      status: 'unavailable',
      reason: 'it runs 1 thread, not 2',
    })
    expect(await measure({ askedThreads: 2 })).toMatchObject({ status: 'ok' })
  })

  test('traces steps without dropout too, for peers', async () => {
    const { trace, plain } = ok(await measure({ plain: true }))
    expect(plain).toEqual({ losses: trace!.losses, weights: trace!.weights })
    expect(ok(await measure({ plain: true, model: 'custom-mlp' })).plain!.losses).toHaveLength(3)
    expect(ok(await measure()).plain).toBeUndefined()
  })

  test('leaves out figures that a page cannot know', async () => {
    const { timings } = ok(await measureCell(request, { ...toolsOf(), process: {} }))
    expect(timings).not.toHaveProperty('cpuShare')
    expect(timings).not.toHaveProperty('collections')
    expect(timings!.memory).toEqual({ tensorBytes: 0, tensors: 0 })
  })

  test('discards steps with an interrupted device, and fails if hardly any other is left', async () => {
    const interrupted =
      (every: number) =>
      (backend: Backend): Backend => ({
        ...backend,
        async open() {
          let asked = 0
          return Object.assign(await backend.open(), { disturbed: () => asked++ % every !== 0 })
        },
      })
    // Asked once before the steps, and after each: every second one counts.
    const calls: string[] = []
    const { timings } = ok(await measure({}, (backend) => spied(calls)(interrupted(2)(backend))))
    expect(timings!.steps).toHaveLength(6)
    const steps = () => calls.splice(0).filter((call) => call.startsWith('step')).length
    const withInterruptions = steps()
    await measure({}, spied(calls))
    expect(withInterruptions - steps()).toBe(6)
    await expect(measure({}, interrupted(1000))).rejects.toThrow(
      'the device was interrupted in 11 of 11 steps',
    )
  })
})

describe('profileCell', () => {
  test('times steps after a warm-up, and has only the phase data for a backend that reports none', async () => {
    const { profile, timings } = ok(
      await profileCell({ ...request, purpose: 'profile' }, toolsOf()),
    )
    expect(timings).toBeUndefined()
    expect(profile!.steps).toEqual(new Array<number>(300).fill(STEP_MS))
    expect(profile!.phases).toEqual([{ phase: 'data', ms: 300 * STEP_MS }])
  })
})

describe('trainToAccuracy', () => {
  /** Sets the accuracy after each epoch, because that of the null backend means nothing. */
  const accurate =
    (accuracies: readonly number[]) =>
    (inner: Backend): Backend => ({
      ...inner,
      async open() {
        const session = await inner.open()
        return {
          info: session.info,
          memory: () => session.memory(),
          close: () => session.close(),
          compile: async (...args) => {
            const trainer = await session.compile(...args)
            let evaluations = 0
            return {
              step: (batch) => trainer.step(batch),
              predict: (images) => trainer.predict(images),
              save: () => trainer.save(),
              load: (state) => trainer.load(state),
              dispose: () => trainer.dispose(),
              // 10 test images in batches of 5: two evaluations an epoch.
              evaluate: async ({ size }) => ({
                loss: 1,
                correct: Math.round(size * accuracies[evaluations++ >> 1]!),
              }),
            }
          },
        }
      },
    })
  const train = async (accuracies: readonly number[], target = 0.8) =>
    ok(
      await trainToAccuracy(
        {
          ...request,
          batchSize: 5,
          purpose: 'accuracy',
          accuracy: { target, maxEpochs: accuracies.length },
        },
        toolsOf(accurate(accuracies)),
      ),
    ).accuracy!

  test('counts epochs and seconds to the first of two evaluations in a row that reach the target', async () => {
    // 30 images in batches of 5: 6 steps, 0.06 s an epoch.
    expect(await train([0.4, 0.8, 0.6, 0.8, 1, 1])).toEqual({
      seed: 1,
      accuracies: [0.4, 0.8, 0.6, 0.8, 1],
      epochs: 4,
      seconds: expect.closeTo(0.24, 9),
      trainSeconds: expect.closeTo(0.3, 9),
      evaluateSeconds: 0,
    })
  })

  test('reports that the target did not hold within the allowed epochs', async () => {
    const { epochs, seconds, accuracies } = await train([0.8, 0.6, 0.8])
    expect({ epochs, seconds }).toEqual({ epochs: undefined, seconds: undefined })
    expect(accuracies).toHaveLength(3)
  })
})

describe('calibrateTimer', () => {
  test('finds the smallest step of a clock, and the cost of a reading', () => {
    let readings = 0
    expect(calibrateTimer({ now: () => Math.floor(readings++ / 4) * 0.1 })).toEqual({
      resolutionMs: expect.closeTo(0.1, 9),
      overheadMs: expect.closeTo(0.025, 5),
    })
  })
})
