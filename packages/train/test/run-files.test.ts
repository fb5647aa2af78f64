import type { SessionInfo } from '@mnist-lab/backends'
import { describe, expect, test } from 'vitest'
import { beginRun, decodeRun, encodeRun, RUN_FILES, TrainError } from '../src/index.js'
import { collect, endOf, plan, samples, smallRun, spec } from './small-run.js'

const info: SessionInfo = {
  backend: 'null',
  versions: {},
  device: 'none',
  simd: 'none',
  threads: 1,
  notes: ['a note'],
}

async function finished() {
  const { checkpoint, epochs } = endOf(await collect(await smallRun()))
  const setup = {
    spec,
    plan,
    initialWeights: 'pytorch',
    epochs: 3,
    train: samples(45),
    test: samples(12, 'small/test'),
  } as const
  const run = beginRun(setup, info, { cores: 2 })
  expect(run).toMatchObject({
    status: 'running',
    epochs: [],
    dataset: { name: 'small/train', trainSamples: 45, validationSamples: 12 },
  })
  return { run: { ...run, status: 'completed' as const, epochs: [...epochs] }, checkpoint }
}

describe('the builds that trained a run', () => {
  const other: SessionInfo = { ...info, simd: 'simd128' }

  test('are recorded once they have trained, and not where a run was only opened', async () => {
    const { run, checkpoint } = await finished()
    const { step } = checkpoint.state
    const setup = {
      spec,
      plan,
      initialWeights: 'pytorch',
      epochs: 4,
      train: samples(45),
      test: samples(12),
    } as const
    const go = (
      before: typeof run | ReturnType<typeof beginRun>,
      next: SessionInfo,
      at = checkpoint,
    ) => beginRun({ ...setup, before, resume: at }, next, {})
    expect(go(run, info)).not.toHaveProperty('earlierBuilds')
    const opened = go(run, other)
    const first = { backend: 'null', simd: 'none', threads: 1, untilStep: step }
    expect(opened.earlierBuilds).toEqual([first])
    // The second build has trained nothing when the third one opens the run.
    expect(go(opened, { ...info, simd: 'relaxed' }).earlierBuilds).toEqual([first])
    const later = { ...checkpoint, state: { ...checkpoint.state, step: step + 5 } }
    expect(go(opened, info, later).earlierBuilds).toEqual([
      first,
      { ...first, simd: 'simd128', untilStep: step + 5 },
    ])
  })
})

describe('the files of a run', () => {
  test('hold what was put into them, the same bytes each time', async () => {
    const { run, checkpoint } = await finished()
    const files = encodeRun(run, checkpoint)
    expect(encodeRun(run, checkpoint)).toEqual(files)
    expect(decodeRun(files)).toEqual({ run, spec, weights: checkpoint.state.weights, checkpoint })
    expect(
      beginRun(
        {
          spec,
          plan,
          initialWeights: 'pytorch',
          epochs: 4,
          train: samples(45),
          test: samples(12),
          resume: checkpoint,
        },
        info,
        {},
      ).epochs,
    ).toEqual(run.epochs)
  })

  test('are read without weights, which the checkpoint has too, or without a checkpoint', async () => {
    const { run, checkpoint } = await finished()
    const { weights, checkpoint: kept, run: json } = encodeRun(run, checkpoint)
    expect(decodeRun({ run: json, checkpoint: kept }).weights).toEqual(checkpoint.state.weights)
    expect(decodeRun({ run: json, weights })).not.toHaveProperty('checkpoint')
  })

  test('are named in the error if they are wrong or missing', async () => {
    const { run, checkpoint } = await finished()
    const files = encodeRun(run, checkpoint)
    const name = (file: string) => `folder/${file}`
    expect(() => decodeRun({ run: files.run }, name)).toThrow(
      /^folder\/weights\.safetensors: no such file, and no checkpoint/,
    )
    expect(() => decodeRun({ ...files, run: new TextEncoder().encode('{') }, name)).toThrow(
      /^folder\/run\.json: not JSON/,
    )
    expect(() => decodeRun({ ...files, weights: files.checkpoint }, name)).toThrow(TrainError)
    expect(() => decodeRun({ ...files, checkpoint: files.weights }, name)).toThrow(
      /^folder\/checkpoint\.safetensors: expected a file of format/,
    )
    expect(Object.values(RUN_FILES)).toEqual([
      'run.json',
      'weights.safetensors',
      'checkpoint.safetensors',
    ])
  })
})
