// These tests use real backends, one of which is wrong in a known way.
import type { Backend, Session, Trainer } from '@mnist-lab/backends'
import { cpu } from '@mnist-lab/backends/cpu'
import { fused } from '@mnist-lab/backends/fused'
import { type Dataset, numberedClasses } from '@mnist-lab/data'
import { lenet5, weightShapes, type ModelSpec } from '@mnist-lab/models'
import { describe, expect, test } from 'vitest'
import type { CellRequest, OkReport, ParityTrace } from '../src/measure/cell-report.js'
import { prefixesOf, tracePrefixes } from '../src/measure/traces.js'
import { measureCell } from '../src/measure/measure-cell.js'
import { firstDivergence, parity, plainParity } from '../src/measure/parity.js'
import type { CellTools } from '../src/measure/opened-cell.js'

function dataset(name: string, count: number): Dataset {
  const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i * 31 + i * 7) % 256)
  return {
    name,
    images,
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    count,
    shape: [28, 28, 1],
    classNames: numberedClasses(10),
  }
}

const request: CellRequest = {
  backend: 'x',
  model: 'lenet5',
  batchSize: 4,
  purpose: 'divergence',
  repetition: 1,
  seed: 1,
  budget: { steps: 1 },
  exactThreads: false,
  plain: false,
}

const toolsOf = (backend: Backend): CellTools => ({
  backend: () => backend,
  loadData: async () => ({ train: dataset('train', 16), test: dataset('test', 8) }),
  now: () => performance.now(),
  process: {
    peakRssBytes: () => 1,
    jsBytes: () => ({ heap: 1, external: 1 }),
    cpuMs: () => 0,
    machineMs: () => 0,
    watchCollections: () => async () => ({ count: 0, ms: 0 }),
  },
})

async function prefixes(backend: Backend) {
  const report = await tracePrefixes(request, toolsOf(backend))
  expect(report.status).toBe('ok')
  return (report as OkReport).prefixes!
}

/** A backend whose trainers do something else for models that have a layer. */
function wrong(
  backend: Backend,
  type: ModelSpec['layers'][number]['type'],
  change: (trainer: Trainer) => Trainer,
): Backend {
  return {
    name: backend.name,
    probe: () => backend.probe(),
    async open(): Promise<Session> {
      const session = await backend.open()
      return {
        info: session.info,
        memory: () => session.memory(),
        close: () => session.close(),
        compile: async (spec, plan, weights) => {
          const trainer = await session.compile(spec, plan, weights)
          return spec.layers.some((layer) => layer.type === type) ? change(trainer) : trainer
        },
      }
    },
  }
}

const same = (trainer: Trainer): Trainer => ({
  step: (batch) => trainer.step(batch),
  evaluate: (batch) => trainer.evaluate(batch),
  predict: (images) => trainer.predict(images),
  save: () => trainer.save(),
  load: (state) => trainer.load(state),
  dispose: () => trainer.dispose(),
})

describe('the first layer that diverges', () => {
  test('is searched for in longer and longer parts of the model', () => {
    expect(prefixesOf(lenet5()).map(({ layer }) => layer)).toEqual([
      '0 dense',
      '1 conv2d',
      '2 tanh',
      '3 avgPool2d',
      '4 conv2d',
      '5 tanh',
      '6 avgPool2d',
      '8 dense',
      '9 tanh',
      '10 dense',
      '11 tanh',
      '12 dense',
    ])
  })

  test("does not exist between the fused engine and TensorFlow.js's own kernels", async () => {
    expect(
      firstDivergence(await prefixes(cpu({ kernels: 'stock' })), await prefixes(fused())),
    ).toBeUndefined()
  })

  test('is the first with a wrong forward pass', async () => {
    const off = wrong(fused(), 'avgPool2d', (trainer) => ({
      ...same(trainer),
      predict: async (images) => (await trainer.predict(images)).map((value) => value * 1.01),
    }))
    expect(firstDivergence(await prefixes(fused()), await prefixes(off))).toEqual({
      layer: '3 avgPool2d',
      pass: 'forward',
      relative: expect.closeTo(0.01, 3),
    })
  })

  test('is the first with a wrong gradient', async () => {
    const off = wrong(fused(), 'tanh', (trainer) => ({
      ...same(trainer),
      save: async () => {
        const state = await trainer.save()
        return {
          ...state,
          velocity: state.velocity.map((tensor) => ({
            ...tensor,
            data: tensor.data.map((value) => value * 1.5),
          })),
        }
      },
    }))
    expect(firstDivergence(await prefixes(fused()), await prefixes(off))).toEqual({
      layer: '2 tanh',
      pass: 'backward',
      relative: expect.closeTo(0.5, 3),
    })
  })
})

describe('the parity of a trace', () => {
  const trace = async (backend: Backend) => {
    const report = await measureCell({ ...request, purpose: 'reference' }, toolsOf(backend))
    return (report as OkReport).trace!
  }
  const names = weightShapes(lenet5()).map(({ name }) => name)

  test('is given for the gradient and weight of each parameter, and for inference', async () => {
    const found = parity('cpu-stock', 'lenet5', await trace(cpu({ kernels: 'stock' })), [
      await trace(fused()),
    ])
    expect(found).toMatchObject({ ok: true, reference: 'cpu-stock' })
    expect(found.layers.map(({ name }) => name)).toEqual(names)
    expect(Math.max(...found.layers.map(({ gradient }) => gradient!.relative))).toBeGreaterThan(0)
    expect(found.forward!.relative).toBeLessThan(1e-5)
  })

  test('is lost by a wrong gradient, by wrong inference, and by NaN', async () => {
    const good = await trace(fused())
    const judge = (change: Partial<ParityTrace>) =>
      parity('r', 'lenet5', good, [good, { ...good, ...change }])
    expect(judge({}).ok).toBe(true)
    const gradients = good.gradients.map((data, i) =>
      i === 2 ? data.map((value) => value * 1.01) : data,
    )
    expect(judge({ gradients })).toMatchObject({ ok: false, maxLossDelta: 0, maxWeightDelta: 0 })
    expect(judge({ gradients }).layers[2]!.gradient!.relative).toBeCloseTo(0.01, 4)
    expect(judge({ forward: good.forward.map((value) => value + 1) }).ok).toBe(false)
    expect(judge({ losses: [NaN, ...good.losses.slice(1)] })).toMatchObject({
      ok: false,
      maxLossDelta: Number.MAX_VALUE,
    })
  })

  test('of a peer without weights is that of its losses', async () => {
    const { losses, weights } = await trace(fused())
    expect(plainParity('r', 'lenet5', { losses, weights }, [{ losses, weights: [] }])).toEqual({
      reference: 'r',
      steps: 3,
      maxLossDelta: 0,
      layers: [],
      ok: true,
    })
    expect(
      plainParity('r', 'lenet5', { losses, weights }, [
        { losses: losses.map((loss) => loss + 1), weights: [] },
      ]).ok,
    ).toBe(false)
  })
})
