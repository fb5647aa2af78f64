import type { Backend, Session, Trainer } from '@mnist-lab/backends'
import { nullBackend } from '@mnist-lab/backends/null'
import { DIGITS, type Dataset } from '@mnist-lab/data'
import { describe, expect, test } from 'vitest'
import type { CellReport, CellRequest, OkReport } from '../src/cell-report.js'
import { measureCell } from '../src/measure.js'

const STEP_MS = 10

function dataset(name: string, count: number): Dataset {
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * 31) % 256)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)
  return { name, images, labels, count, shape: [28, 28, 1], classNames: DIGITS }
}

const request: CellRequest = {
  backend: 'null', model: 'lenet5', batchSize: 4, repetition: 1, reference: false, seed: 1, budget: { steps: 6 },
}

/** Time passes in steps and loading only, so that what is measured is known. */
async function measure(change: Partial<CellRequest> = {}, wrap: (backend: Backend) => Backend = (backend) => backend) {
  let time = 0
  const backend = wrap(nullBackend({ delay: async () => { time += STEP_MS } }))
  return measureCell({ ...request, ...change }, {
    backend,
    async loadData() {
      time += 250
      return { train: dataset('train', 30), test: dataset('test', 10) }
    },
    now: () => time,
    peakRssBytes: () => 123,
  })
}

const ok = (report: CellReport) => {
  expect(report.status).toBe('ok')
  return report as OkReport
}

/** Notes what is called, and with batches of which size. */
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
    info: inner.info, memory: () => inner.memory(), ...inner.disturbed === undefined ? {} : { disturbed: () => inner.disturbed!() },
    compile: async (...args) => trainer(await inner.compile(...args)),
    close: () => (calls.push('close'), inner.close()),
  })
  return (inner) => ({ name: inner.name, probe: () => inner.probe(), open: async () => session(await inner.open()) })
}

describe('measureCell', () => {
  test('times phases and steps apart, each by itself', async () => {
    const { timings } = ok(await measure())
    expect(timings).toMatchObject({
      load: 250, open: 0, compile: 0, firstStep: STEP_MS, steps: [10, 10, 10, 10, 10, 10],
      evaluate: { images: 10, ms: 0 }, peakRssBytes: 123, trainSamples: 30, testSamples: 10,
    })
    expect(timings!.predictOne.length).toBeGreaterThanOrEqual(3)
  })

  test('throws warm-up steps away, uses full batches only and closes the session at the end', async () => {
    const calls: string[] = []
    await measure({}, spied(calls))
    const steps = calls.filter((call) => call.startsWith('step'))
    // 20 to warm up, 6 timed; 30 images in batches of 4 leave 2 over in each epoch.
    expect(steps).toEqual(new Array<string>(26).fill('step 4'))
    expect(calls.indexOf('save')).toBe(3)
    expect(calls.at(-1)).toBe('close')
  })

  test('stops at the seconds asked for, within its bounds on the number of steps', async () => {
    const steps = async (seconds: number, minSteps: number, maxSteps: number) =>
      ok(await measure({ budget: { seconds, minSteps, maxSteps } })).timings!.steps.length
    expect(await steps(0.1, 3, 2000)).toBe(10)
    expect(await steps(0.001, 3, 2000)).toBe(3)
    expect(await steps(1, 3, 7)).toBe(7)
  })

  test('gives a reference the same trace, and no timings', async () => {
    const whole = ok(await measure())
    const reference = ok(await measure({ reference: true }))
    expect(reference.timings).toBeUndefined()
    expect(reference.trace).toEqual(whole.trace)
    expect(reference.trace.losses).toHaveLength(3)
    expect(ok(await measure({ reference: true, seed: 2 })).trace).not.toEqual(whole.trace)
  })

  test('says why a backend is unavailable', async () => {
    const report = await measure({}, (backend) =>
      ({ ...backend, probe: async () => ({ ok: false, reason: 'no GPU', remedy: 'get one' }) }))
    expect(report).toEqual({ status: 'unavailable', reason: 'no GPU', remedy: 'get one' })
  })

  test('closes the session when training fails', async () => {
    const calls: string[] = []
    await expect(measure({ model: 'no-such' }, spied(calls))).rejects.toThrow(/no-such/)
    expect(calls).toEqual(['close'])
  })

  test('throws steps away during which the device was interrupted, and gives up where hardly one was not', async () => {
    const interrupted = (every: number) => (backend: Backend): Backend => ({
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
    await expect(measure({}, interrupted(1000))).rejects.toThrow('the device was interrupted in 11 of 11 steps')
  })
})
