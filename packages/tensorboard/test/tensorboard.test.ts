// What is written, read by TensorBoard itself: by a Python with the package tensorboard,
// TENSORBOARD_PYTHON or python3.
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEventFile } from '../src/node.js'
import { hasTensorboard, readWithTensorboard } from './support/tensorboard.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-lab-tensorboard-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(
  from: number,
  to: number,
  options: { resumedAtStep?: number } = {},
): Promise<string> {
  const file = await openEventFile(folder, options)
  for (let step = from; step <= to; step++)
    file.add(step, { 'batch/loss': 1 / step, 'batch/accuracy': step / 100 })
  await file.close()
  return file.path
}

const losses = (steps: number) =>
  Array.from({ length: steps }, (_, at) => [at + 1, Math.fround(1 / (at + 1))])

describe.skipIf(!(await hasTensorboard()))('TensorBoard (needs Python with tensorboard)', () => {
  test('reads every step of every scalar', async () => {
    await write(1, 50)
    const read = await readWithTensorboard(folder)
    expect(Object.keys(read).toSorted()).toEqual(['batch/accuracy', 'batch/loss'])
    expect(read['batch/loss']).toEqual(losses(50))
  })

  test('reads no step twice in a run that resumed at step 31 after 50 steps had been written', async () => {
    await write(1, 50)
    await write(31, 60, { resumedAtStep: 31 })
    expect((await readWithTensorboard(folder))['batch/loss']).toEqual(losses(60))
  })

  test('skips an incomplete last record, and reads the next file', async () => {
    const path = await write(1, 50)
    await truncate(path, (await stat(path)).size - 5)
    expect((await readWithTensorboard(folder))['batch/loss']).toEqual(losses(49))
    await write(41, 60, { resumedAtStep: 41 })
    expect((await readWithTensorboard(folder))['batch/loss']).toEqual(losses(60))
  })
})
