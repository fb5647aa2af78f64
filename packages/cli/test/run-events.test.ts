// Curves as TensorBoard itself reads them: a Python with the package tensorboard,
// TENSORBOARD_PYTHON or python3.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRun } from '@mnist-lab/train/node'
import { hasTensorboard, readWithTensorboard } from '../../tensorboard/test/support/tensorboard.js'
import { run, spawned } from './support/program.js'
import { smallMnist, writeFiles } from './support/small-data.js'

const STEPS = 11

let folder: string
let data: string
let model: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-events-'))
  data = await writeFiles(join(folder, 'data'), await smallMnist(330, 64))
  model = join(folder, 'small.json')
  await writeFile(
    model,
    JSON.stringify({
      name: 'small',
      inputShape: [28, 28, 1],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 10 }],
    }),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const flags = () => [model, '--data', data, '--backend', 'wasm']
const curves = async (name: string) => ({
  train: await readWithTensorboard(join(folder, name, 'train')),
  validation: await readWithTensorboard(join(folder, name, 'validation')),
})

describe.skipIf(!(await hasTensorboard()))(
  'a run’s curves in TensorBoard (needs Python with tensorboard)',
  () => {
    test('have loss, accuracy and learning rate of every step and epoch, as run.json has them', async () => {
      await run([
        'train',
        ...flags(),
        '--epochs',
        '3',
        '--schedule',
        'step:1:0.5',
        '--out',
        join(folder, 'whole'),
      ])
      const {
        run: { epochs },
      } = await openRun(join(folder, 'whole'))
      const { train, validation } = await curves('whole')
      const steps = Array.from({ length: 3 * STEPS }, (_, at) => at + 1)
      expect(Object.keys(train).toSorted()).toEqual([
        'batch/accuracy',
        'batch/learning_rate',
        'batch/loss',
        'epoch/accuracy',
        'epoch/learning_rate',
        'epoch/loss',
      ])
      for (const tag of ['batch/accuracy', 'batch/learning_rate', 'batch/loss'])
        expect(train[tag]!.map(([step]) => step)).toEqual(steps)
      expect(train['batch/learning_rate']!.map(([, rate]) => rate)).toEqual(
        steps.map((step) => Math.fround(0.01 * 0.5 ** Math.floor((step - 1) / STEPS))),
      )
      const ofEpochs = (figure: (at: number) => number) =>
        epochs.map((_, at) => [(at + 1) * STEPS, Math.fround(figure(at))])
      expect(train['epoch/loss']).toEqual(ofEpochs((at) => epochs[at]!.train.loss))
      expect(train['epoch/accuracy']).toEqual(ofEpochs((at) => epochs[at]!.train.accuracy))
      expect(validation).toEqual({
        'epoch/loss': ofEpochs((at) => epochs[at]!.validation!.loss),
        'epoch/accuracy': ofEpochs((at) => epochs[at]!.validation!.accuracy),
      })
      // Batches of 32, the last of an epoch of 10: their weighted mean is the epoch's.
      const mean =
        train['batch/loss']!.slice(0, STEPS).reduce(
          (sum, [step, loss]) => sum + loss * (step === STEPS ? 10 : 32),
          0,
        ) / 330
      expect(mean).toBeCloseTo(epochs[0]!.train.loss, 5)
    })

    test.each([
      ['Ctrl-C', false],
      ['being killed', true],
    ])('are the same after %s as without an interruption', async (_name, kill) => {
      const name = `stopped-${kill}`
      await spawned(
        [
          'train',
          ...flags(),
          '--epochs',
          '5000',
          '--checkpoint-every',
          '7',
          '--out',
          join(folder, name),
        ],
        { interruptOn: /^epoch 3/m, kill },
      )
      const done = (await openRun(join(folder, name))).checkpoint!.history.length
      const epochs = String(done + 2)
      expect((await run(['train', '--resume', join(folder, name), '--epochs', epochs])).code).toBe(
        0,
      )
      expect(
        (await run(['train', ...flags(), '--epochs', epochs, '--out', join(folder, `${name}-not`)]))
          .code,
      ).toBe(0)
      expect(await curves(name)).toEqual(await curves(`${name}-not`))
    })
  },
)

test('a run whose curves cannot be written continues and says so', async () => {
  // A file stands where their folder would be made.
  const directory = join(folder, 'blocked')
  await run(['train', ...flags(), '--epochs', '1', '--out', directory])
  await rm(join(directory, 'train'), { recursive: true })
  await writeFile(join(directory, 'train'), '')
  const { code, stderr } = await run(['train', '--resume', directory, '--epochs', '2'])
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /^the curves for TensorBoard are no longer written: .*blocked.train: a part of the path is a file \(ENOTDIR\);/m,
  )
  expect((await openRun(directory)).run.epochs).toHaveLength(2)
})
